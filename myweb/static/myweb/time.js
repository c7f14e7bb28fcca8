// The moments of every page, in the reader's time zone and language. `{% time %}` writes <time datetime data-form>; it
// is painted here, also in content that comes later, and again when its text would change.
import { formatDuration } from "./formats.js";
import { addStrings, language, t } from "./i18n.js";

/** @typedef {string | number | Date} Moment */

addStrings("time-strings");
/** @param {Intl.DateTimeFormatOptions} options */
const createFormat = (options) => new Intl.DateTimeFormat(language, options);
const hour = createFormat({ hour: "numeric" }).resolvedOptions().hour12 ? "numeric" : "2-digit"; // 4:05 PM, 04:05
const clock = createFormat({ hour, minute: "2-digit" });
const near = createFormat({ day: "numeric", month: "short", hour, minute: "2-digit" });
const far = createFormat({ day: "numeric", month: "short", year: "numeric", hour, minute: "2-digit" });
/** Of the axes and ranges of charts. */
export const chartFormats = {
  minutes: clock,
  seconds: createFormat({ timeStyle: "medium" }),
  days: createFormat({ day: "numeric", month: "short" }),
  months: createFormat({ month: "short", year: "numeric" }),
  daySeconds: createFormat({ day: "numeric", month: "short", hour, minute: "2-digit", second: "2-digit" }),
  dayMinutes: near,
  dates: createFormat({ day: "numeric", month: "short", year: "numeric" }),
};
const weekday = createFormat({ weekday: "long", day: "numeric", month: "long" });
const date = createFormat({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const whole = createFormat({ dateStyle: "full", timeStyle: "medium" });
const dayName = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const HALF_A_YEAR = 182; // days
const IS_DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * A day without a time is the reader's.
 * @param {Moment} moment
 */
const toDate = (moment) => new Date(typeof moment === "string" && IS_DAY.test(moment) ? `${moment}T00:00` : moment);

/**
 * @param {Moment} one
 * @param {Moment} other
 */
export const isSameDay = (one, other) => toDate(one).toDateString() === toDate(other).toDateString();
/** @param {Moment} moment */
export const formatClock = (moment) => clock.format(toDate(moment));
/** @param {Moment} moment */
export const formatFullTime = (moment) => whole.format(toDate(moment));

/**
 * The clock today; otherwise with its day.
 * @param {Moment} moment
 */
export function formatMoment(moment) {
  const [then, now] = [toDate(moment), new Date()];
  if (isSameDay(then, now)) return clock.format(then);
  return (then.getFullYear() === now.getFullYear() ? near : far).format(then);
}

/** @param {Moment} moment */
export function formatDay(moment) {
  const then = toDate(moment);
  const age = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 86_400_000);
  if (age === 0 || age === 1)
    return dayName.format(-age, "day").replace(/^./, (letter) => letter.toLocaleUpperCase(language));
  return (Math.abs(age) < HALF_A_YEAR ? weekday : date).format(then);
}

/**
 * @param {string} key
 * @param {number} seconds
 */
function formatMinutes(key, seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  return t(minutes ? key : "just_now", { time: formatDuration(minutes * 60) });
}

/** @param {Moment} moment */
const getAge = (moment) => (Date.now() - Number(toDate(moment))) / 1_000;

/**
 * "just now", "2 h 5 min ago", "in 5 min".
 * @param {Moment} moment
 */
export const formatRelative = (moment) => formatMinutes(getAge(moment) < 0 ? "in_time" : "time_ago", getAge(moment));

/**
 * "just now", "for 2 h 5 min".
 * @param {Moment} moment
 */
export const formatSince = (moment) => formatMinutes("for_time", Math.max(0, getAge(moment)));

/**
 * "just now", "2 h 5 min".
 * @param {Moment} moment
 */
const formatAge = (moment) => formatMinutes("duration", Math.max(0, getAge(moment)));

/** @type {Record<string, (moment: Moment) => string>} */
const FORMS = {
  clock: formatClock,
  day: formatDay,
  duration: formatAge,
  full: formatFullTime,
  moment: formatMoment,
  relative: formatRelative,
  since: formatSince,
};

/** @param {HTMLTimeElement} time */
function paintTime(time) {
  const { dateTime } = time;
  const form = FORMS[time.dataset.form];
  if (!form || Number.isNaN(Number(toDate(dateTime)))) return;
  const text = form(dateTime);
  if (time.textContent !== text) time.textContent = text;
  if (!IS_DAY.test(dateTime)) time.title = formatFullTime(dateTime);
}

/**
 * A <time> that stays right.
 * @param {Moment} moment
 * @param {string} form
 */
export function createTime(moment, form, className = "") {
  const time = document.createElement("time");
  time.className = className;
  time.dateTime = toDate(moment).toISOString();
  time.dataset.form = form;
  paintTime(time);
  return time;
}

/**
 * As an input of the type datetime-local has it.
 * @param {string} moment
 */
function formatWallTime(moment) {
  const then = new Date(moment);
  return new Date(Number(then) - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * Its times are in the zone of this browser, unless it came back with another one.
 * @param {HTMLInputElement} input the zone
 */
function nameZone(input) {
  const { form } = input;
  if (!input.value) input.defaultValue = Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""; // nobody typed it
  if (!form || !input.value) return;
  const text = form.querySelector("[data-zone-text]");
  if (text) text.textContent = text.dataset.zoneText.replace("{zone}", input.value);
  for (const time of form.querySelectorAll("input"))
    if (time.dataset.at) {
      time.value = formatWallTime(time.dataset.at);
      delete time.dataset.at;
    }
}

const ZONE = 'input[name="zone"]';

/**
 * Content that is compared before it is put into the page is painted before; other content paints itself.
 * @param {ParentNode} place
 */
export function paintTimes(place) {
  for (const time of place.querySelectorAll("time")) paintTime(time);
  for (const input of place.querySelectorAll(ZONE)) if (input instanceof HTMLInputElement) nameZone(input);
}

const AGES = ["duration", "relative", "since"];

function repaintAges() {
  if (document.visibilityState === "visible")
    for (const time of document.querySelectorAll("time"))
      if (AGES.includes(time.dataset.form ?? "")) paintTime(time);
}

const days = new EventTarget();
const MAX_TIMER = 3_600_000; // ms; a computer that slept, or its time zone that changed, is noticed within an hour
const AGE_INTERVAL = 15_000; // ms
let today = new Date().toDateString();
let timer = 0;

/** Looks whether another day has begun, and again at the next midnight. */
function checkDay() {
  clearTimeout(timer);
  timer = setTimeout(checkDay, Math.min(MAX_TIMER, new Date().setHours(24, 0, 0, 0) - Date.now() + 100));
  if (today === new Date().toDateString()) return;
  today = new Date().toDateString();
  days.dispatchEvent(new Event("change"));
}

/**
 * "Today" is another day now: `redraw` is called.
 * @param {() => void} redraw
 */
export const onNewDay = (redraw) => days.addEventListener("change", redraw);

new MutationObserver((records) => {
  for (const { addedNodes } of records)
    for (const node of addedNodes) {
      if (node instanceof HTMLTimeElement) paintTime(node);
      else if (node instanceof Element && node.firstElementChild) paintTimes(node);
    }
}).observe(document.documentElement, { childList: true, subtree: true });
document.addEventListener("visibilitychange", () => { checkDay(); repaintAges(); });
addEventListener("focus", checkDay);
setInterval(repaintAges, AGE_INTERVAL);
onNewDay(() => paintTimes(document));
checkDay();
paintTimes(document);
