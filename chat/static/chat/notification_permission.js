// Whether this browser may show notifications. It is asked for at the first mention, and in the settings.
import { createElement } from "../myweb/elements.js";
import { t, tNodes } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { onView } from "../myweb/view.js";
import { local } from "./storage.js";

const OFF = "notifications:off"; // on this device
const ASKED = "notifications:asked"; // when it was answered
const ASK_AGAIN = 30 * 86_400_000; // ms
export const events = new EventTarget(); // `change`: of the permission or of the switch
let author = ""; // whose mention the strip names; empty: it is hidden

/** What the browser says: "unsupported" without HTTPS, and on phones that need the site installed first. */
export const getPermission = () =>
  "Notification" in window && isSecureContext ? Notification.permission : "unsupported";

export const mayNotify = () => getPermission() === "granted" && !local.get(OFF);

/** @param {boolean} on */
export function setNotifications(on) {
  if (on) local.remove(OFF);
  else local.set(OFF, "1");
  events.dispatchEvent(new Event("change"));
}

/** Call it in the click itself: Safari asks the user only then. */
export async function askPermission() {
  const answer = Notification.requestPermission();
  local.set(ASKED, String(Date.now()));
  await answer;
  events.dispatchEvent(new Event("change"));
}

const mayAsk = () =>
  getPermission() === "default" && !local.get(OFF) && Date.now() - Number(local.get(ASKED)) > ASK_AGAIN;

/**
 * Asks in a strip, unless that was answered lately.
 * @param {string} name of who mentioned the user
 */
export function offerNotifications(name) {
  if (author || !mayAsk()) return;
  author = name;
  paintStrips();
}

/** @param {HTMLElement} strip */
function paintStrip(strip) {
  strip.hidden = author === "" || !mayAsk();
  if (strip.hidden || strip.childElementCount) return;
  const allow = createElement("button", "button button--small", t("notifications_allow"));
  const later = createElement("button", "button button--small button--quiet", t("notifications_later"));
  allow.addEventListener("click", () => askPermission().then(paintStrips));
  later.addEventListener("click", () => { local.set(ASKED, String(Date.now())); paintStrips(); });
  const text = createElement("span", "strip__text");
  text.append(...tNodes("notifications_offer", { name: createElement("b", "", author) }));
  strip.replaceChildren(createIcon("alerts"), text, allow, later);
}

function paintStrips() { for (const strip of document.querySelectorAll("#notifications-strip")) paintStrip(strip); }

addEventListener("storage", ({ key }) => key === ASKED && paintStrips()); // answered in another tab
onView("#notifications-strip", paintStrip);
