// Moments as people read them: the browser's time zone, the page's language.
import { language } from "./page.js";

const format = (options) => new Intl.DateTimeFormat(language, options);
const hour = format({ hour: "2-digit", minute: "2-digit" });
const weekday = format({ weekday: "long", day: "numeric", month: "long" });
const date = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const whole = format({ dateStyle: "full", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const HALF_A_YEAR = 182;

export const clock = (moment) => hour.format(new Date(moment));
export const full = (moment) => whole.format(new Date(moment));
export const sameDay = (one, other) => new Date(one).toDateString() === new Date(other).toDateString();

export function day(moment) {
  const then = new Date(moment);
  const age = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 86_400_000);
  if (age === 0 || age === 1) return relative.format(-age, "day").replace(/^./, (letter) => letter.toLocaleUpperCase(language));
  return (age < HALF_A_YEAR ? weekday : date).format(then);
}
