// Moments as people read them: the browser's time zone, the page's language.
import { language } from "./i18n.js";

/** @param {Intl.DateTimeFormatOptions} options */
const createFormat = (options) => new Intl.DateTimeFormat(language, options);
const hour = createFormat({ hour: "2-digit", minute: "2-digit" });
const weekday = createFormat({ weekday: "long", day: "numeric", month: "long" });
const date = createFormat({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const whole = createFormat({ dateStyle: "full", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const HALF_A_YEAR = 182;

/** @typedef {string | number | Date} Moment */

/** @param {Moment} moment */
export const formatClock = (moment) => hour.format(new Date(moment));
/** @param {Moment} moment */
export const formatFullTime = (moment) => whole.format(new Date(moment));
/**
 * @param {Moment} one
 * @param {Moment} other
 */
export const isSameDay = (one, other) => new Date(one).toDateString() === new Date(other).toDateString();

/** @param {Moment} moment */
export function formatDay(moment) {
  const then = new Date(moment);
  const age = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 86_400_000);
  if (age === 0 || age === 1)
    return relative.format(-age, "day").replace(/^./, (letter) => letter.toLocaleUpperCase(language));
  return (age < HALF_A_YEAR ? weekday : date).format(then);
}

const days = new EventTarget();
const MAX_TIMER = 3_600_000; // ms; a computer that slept, or its time zone that changed, is noticed within an hour
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

document.addEventListener("visibilitychange", checkDay);
addEventListener("focus", checkDay);
checkDay();

/**
 * "Today" is another day now: `redraw` is called.
 * @param {() => void} redraw
 */
export const onNewDay = (redraw) => days.addEventListener("change", redraw);
