// The status page goes on by itself: every few seconds it asks whether something changed, and says when nobody answers.
import { getElement } from "../myweb/elements.js";
import { request } from "../myweb/api.js";
import { formatClock } from "../myweb/time.js";

const REFRESH_INTERVAL = 15_000;
const TIMEOUT = 10_000;

const { body } = document;
const place = getElement("now", HTMLElement);
const contact = getElement("contact", HTMLElement);
let known = "";
/** @type {Date | null} */
let lost = null; // since when the server does not answer
let timer = 0;

/** @param {string} html */
function showPage(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  place.replaceChildren(...page.body.childNodes);
}

/** @param {boolean} answered */
function showContact(answered) {
  if (answered) lost = null;
  else lost ??= new Date();
  body.toggleAttribute("data-lost-since", lost !== null);
  const words = lost ? body.dataset.lost.replace("{time}", formatClock(lost)) : body.dataset.live;
  if (contact.textContent !== words) contact.textContent = words;
}

async function refreshPage() {
  try {
    const answer = await request(body.dataset.now, { signal: AbortSignal.timeout(TIMEOUT), credentials: "omit" });
    const tag = answer.headers.get("ETag") ?? "";
    const html = await answer.text();
    if (tag !== known) showPage(html);
    known = tag;
    showContact(true);
  } catch (error) {
    if (/** @type {ApiError} */ (error).status === 404) return location.reload(); // it is no longer published
    showContact(false);
  }
}

/** Not all readers ask in the same moment, and a page that nobody sees asks for nothing. */
async function scheduleRefresh() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  await refreshPage();
  timer = setTimeout(scheduleRefresh, REFRESH_INTERVAL * (0.8 + 0.4 * Math.random()));
}

if (!("preview" in body.dataset)) {
  document.addEventListener("visibilitychange", scheduleRefresh);
  addEventListener("online", scheduleRefresh);
  addEventListener("offline", scheduleRefresh);
  scheduleRefresh();
}
