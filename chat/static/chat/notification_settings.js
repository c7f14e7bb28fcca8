// The settings of this device on the page of notifications.
import { findElement } from "../myweb/elements.js";
import { formatDuration } from "../myweb/formats.js";
import { fillPlaces } from "../myweb/i18n.js";
import { onView } from "../myweb/view.js";
import { askPermission, events, getPermission, mayNotify, setNotifications } from "./notification_permission.js";
import { isSoundOn, playSound, setSound } from "./sound.js";

/**
 * The browser says when it shows the notification.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} state
 */
function sendTest({ dataset }, state) {
  const begun = performance.now();
  const fail = () => { state.textContent = dataset.failed ?? ""; };
  try {
    const popup = new Notification(dataset.title ?? "", { body: dataset.body, tag: "test" });
    popup.onerror = fail;
    popup.onshow = () => {
      const time = formatDuration(Math.round((performance.now() - begun) / 100) / 10);
      state.textContent = fillPlaces(dataset.arrived ?? "", { time });
    };
  } catch {
    fail(); // on Android only a service worker may
  }
}

onView("#this-device", (section, signal) => {
  const notifies = findElement(section, "#device-notifications", HTMLInputElement);
  const sounds = findElement(section, "#device-sound", HTMLInputElement);
  const tests = findElement(section, "[data-tests]", HTMLButtonElement);
  const state = findElement(section, "#device-state", HTMLElement);
  const paint = () => {
    const permission = getPermission();
    notifies.checked = mayNotify();
    notifies.disabled = permission === "denied" || permission === "unsupported";
    tests.hidden = !notifies.checked;
    state.textContent = section.dataset[permission] ?? "";
    sounds.checked = isSoundOn();
  };
  notifies.addEventListener("change", () => {
    const { checked } = notifies;
    setNotifications(checked);
    if (checked && getPermission() === "default") askPermission();
  });
  sounds.addEventListener("change", () => setSound(sounds.checked));
  tests.addEventListener("click", () => sendTest(tests, state));
  findElement(section, "[data-plays]", HTMLElement).addEventListener("click", () => playSound());
  events.addEventListener("change", paint, { signal });
  section.hidden = false;
  paint();
});
