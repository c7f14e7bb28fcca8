// The settings of this device on the page of notifications.
import { findElement } from "../myweb/elements.js";
import { onView } from "../myweb/view.js";
import { askPermission, events, getPermission, mayNotify, setNotifications } from "./notification_permission.js";
import { isSoundOn, playSound, setSound } from "./sound.js";

onView("#this-device", (section, signal) => {
  const notifies = findElement(section, "#device-notifications", HTMLInputElement);
  const sounds = findElement(section, "#device-sound", HTMLInputElement);
  const paint = () => {
    const permission = getPermission();
    notifies.checked = mayNotify();
    notifies.disabled = permission === "denied" || permission === "unsupported";
    findElement(section, "#device-state", HTMLElement).textContent = section.dataset[permission] ?? "";
    sounds.checked = isSoundOn();
  };
  notifies.addEventListener("change", () => {
    const { checked } = notifies;
    setNotifications(checked);
    if (checked && getPermission() === "default") askPermission();
  });
  sounds.addEventListener("change", () => setSound(sounds.checked));
  findElement(section, "[data-plays]", HTMLElement).addEventListener("click", () => playSound());
  events.addEventListener("change", paint, { signal });
  section.hidden = false;
  paint();
});
