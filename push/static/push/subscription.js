// Keeps the push subscription of this browser the same as the one that the server has, and turns it on and off.
import { postJson } from "../myweb/api.js";
import { formatDuration } from "../myweb/formats.js";
import { fillPlaces } from "../myweb/i18n.js";
import { onView } from "../myweb/view.js";

const STORED = "push"; // in localStorage: who turned push notifications on in this browser, and how
const ADDRESS = "/push/subscription/";
const WORKER = "/sw.js";
const TEST = "test"; // the tag of a test
const TEST_TIME = 15_000; // ms; most arrive within two seconds
const userMeta = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=page-user]"));
const user = userMeta?.content ?? "";

const isSupported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** @param {ArrayBuffer | null} bytes */
const toBase64Url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0))))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** @param {string} text */
const fromBase64Url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

/** @typedef {{ user?: string, key?: string, content?: string }} Stored */

/** @returns {Stored} */
function readStored() {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "{}");
  } catch {
    return {}; // storage may be forbidden
  }
}

/** @param {Stored} stored */
function writeStored(stored) {
  try {
    localStorage.setItem(STORED, JSON.stringify(stored));
  } catch {
    // the next load asks for a click again
  }
}

/**
 * @param {PushSubscription} subscription
 * @param {{ key?: string, content?: string, chosen?: boolean }} more `key`: if the browser does not tell
 */
const describe = (subscription, { key = "", ...more }) => ({
  endpoint: subscription.endpoint,
  p256dh: toBase64Url(subscription.getKey("p256dh")),
  auth: toBase64Url(subscription.getKey("auth")),
  key: toBase64Url(subscription.options?.applicationServerKey ?? null) || key,
  ...more,
});

/**
 * @param {ServiceWorkerRegistration} registration
 * @param {string} key
 */
const subscribe = (registration, key) =>
  registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64Url(key) });

/** @param {object | null} subscription */
const send = (subscription) => postJson(ADDRESS, JSON.stringify(subscription));

/** At each load: subscriptions end without a word, and their time of expiry is not to be trusted. */
async function keepSubscription() {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  const subscription = (await registration?.pushManager.getSubscription()) ?? null;
  const { user: owner, key, content = "" } = readStored();
  if (owner !== user) {
    await subscription?.unsubscribe(); // of another user, who is signed out
    return;
  }
  if (!registration || Notification.permission !== "granted") return;
  let state = await send(subscription && describe(subscription, { key, content }));
  if (state.removed) {
    writeStored({});
    await subscription?.unsubscribe();
    return;
  }
  if (!state.known) {
    await subscription?.unsubscribe(); // made with an earlier key of the site
    state = await send(describe(await subscribe(registration, state.key), { key: state.key, content }));
  }
  writeStored({ user, key: state.key, content: state.content });
}

class DeviceSettings {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.key = root.dataset.pushKey;
    /** @type {ServiceWorkerRegistration | null} */
    this.registration = null;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-push-on]"));
    this.button.addEventListener("click", () => this.turnOn());
    const test = /** @type {HTMLFormElement | null} */ (root.querySelector("[data-push-test]"));
    test?.addEventListener("submit", (event) => { event.preventDefault(); void this.sendTest(test); });
    root.querySelector("[data-push-off]")?.addEventListener("submit", () => this.turnOff());
    this.show(this.readState());
  }

  readState() {
    if (!isSupported) return /iPhone|iPad/.test(navigator.userAgent) ? "install" : "unsupported";
    if (this.root.querySelector("[data-push-here]")) return "on";
    return Notification.permission === "denied" ? "denied" : "off";
  }

  /** @param {string} state */
  show(state) {
    for (const line of this.root.querySelectorAll("[data-push-state]"))
      line.hidden = line.dataset.pushState !== state;
    if (state === "off") void this.prepare();
  }

  /** Before the click, so that nothing has to be waited for in it. */
  async prepare() {
    this.button.disabled = true;
    this.registration = await navigator.serviceWorker.ready; // the shell registers it
    this.button.disabled = false;
  }

  /** Safari only allows it in the click itself, so `subscribe` is the first call. */
  async turnOn() {
    if (!this.registration) return;
    const subscribed = subscribe(this.registration, this.key);
    this.button.disabled = true;
    try {
      const subscription = await subscribed;
      const { key, content } = await send(describe(subscription, { key: this.key, chosen: true }));
      writeStored({ user, key, content });
      location.reload();
    } catch (error) {
      if (Notification.permission === "denied") return this.show("denied");
      this.showError(/** @type {any} */ (error).text || this.button.dataset.failed);
      this.button.disabled = false;
    }
  }

  /**
   * The service worker says when it has shown the test.
   * @param {HTMLFormElement} form of this browser's device
   */
  async sendTest(form) {
    const result = /** @type {HTMLElement} */ (this.root.querySelector("[data-push-result]"));
    const { sending = "", arrived = "", late = "", failed = "" } = result.dataset;
    const begun = performance.now();
    const receipt = waitForReceipt();
    result.textContent = sending;
    try {
      await postJson(form.action, new FormData(form));
    } catch (error) {
      result.textContent = /** @type {ApiError} */ (error).text || failed;
      return;
    }
    const isReceived = await receipt;
    const time = formatDuration(Math.round((performance.now() - begun) / 100) / 10);
    result.textContent = isReceived ? fillPlaces(arrived, { time }) : late;
  }

  /** The form removes the device; this ends the subscription. */
  turnOff() {
    writeStored({});
    void navigator.serviceWorker?.getRegistration(WORKER)
      .then((registration) => registration?.pushManager.getSubscription())
      .then((subscription) => subscription?.unsubscribe());
  }

  /** @param {string} text */
  showError(text) {
    const place = this.root.querySelector("[data-push-error]");
    if (place) place.textContent = text;
  }
}

/** @returns {Promise<boolean>} whether the service worker has shown a test in time */
function waitForReceipt() {
  return new Promise((resolve) => {
    const done = new AbortController();
    /** @param {boolean} isReceived */
    const end = (isReceived) => { done.abort(); resolve(isReceived); };
    navigator.serviceWorker.addEventListener("message", ({ data }) => data?.received === TEST && end(true), done);
    setTimeout(() => end(false), TEST_TIME);
  });
}

/** The service worker asks to open a page without a reload; it waits for the answer. */
function listenForTaps() {
  navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
    if (typeof data?.open !== "string" || !data.open.startsWith("/")) return;
    ports[0]?.postMessage("opened");
    const link = document.createElement("a");
    link.href = data.open;
    document.body.append(link);
    link.click(); // as a click of the user: the shell puts the page in place
    link.remove();
  });
}

if (isSupported) {
  listenForTaps();
  keepSubscription().catch(() => {}); // offline, or signed out: the next load tries again
}
onView("[data-push-key]", (root) => new DeviceSettings(root));
