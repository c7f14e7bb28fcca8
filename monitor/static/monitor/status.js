// The status page goes on by itself: every few seconds it asks whether something changed, and says when nobody answers.
import { request } from "../myweb/api.js";
import { language } from "../myweb/i18n.js";

const EVERY = 15_000;
const TIMEOUT = 10_000;

const { body } = document;
const place = document.getElementById("now");
const contact = document.getElementById("contact");
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
let known = "";
let lost = null; // when the server was found to be away
let timer = null;

/** Times as the reader's clock shows them. */
function localise() {
  for (const time of place.querySelectorAll("time")) {
    if (time.dateTime.includes("T")) time.textContent = moment.format(new Date(time.dateTime));
  }
}

function show(html) {
  const made = new DOMParser().parseFromString(html, "text/html");
  place.replaceChildren(...made.body.childNodes);
  localise();
}

function say(answered) {
  if (answered) lost = null;
  else lost ??= new Date();
  body.toggleAttribute("data-lost-since", lost !== null);
  const words = lost ? body.dataset.lost.replace("{time}", clock.format(lost)) : body.dataset.live;
  if (contact.textContent !== words) contact.textContent = words;
}

async function ask() {
  try {
    const answer = await request(body.dataset.now, { signal: AbortSignal.timeout(TIMEOUT), credentials: "omit" });
    const tag = answer.headers.get("ETag") ?? "";
    const html = await answer.text();
    if (tag !== known) show(html);
    known = tag;
    say(true);
  } catch (error) {
    if (error.status === 404) return location.reload(); // it is no longer published
    say(false);
  }
}

/** Not all readers ask in the same moment, and a page that nobody sees asks for nothing. */
async function goOn() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  await ask();
  timer = setTimeout(goOn, EVERY * (0.8 + 0.4 * Math.random()));
}

localise();
if (!("preview" in body.dataset)) {
  document.addEventListener("visibilitychange", goOn);
  addEventListener("online", goOn);
  addEventListener("offline", goOn);
  goOn();
}
