// What an alert's card says, in the language of the page.
import { language } from "../myweb/i18n.js";
import { clock, full, sameDay } from "../myweb/time.js";
import { formatDuration, formatValue } from "../myweb/formats.js";

const strings = JSON.parse(document.getElementById("alert-strings")?.textContent ?? "{}");
const LIMITS = { ">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "==": "equal", "!=": "other" };
const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const words = (key, values = {}) =>
  (strings[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

export const amount = (value, unit = "") => (value ?? null) === null ? words("no_value") : formatValue(value, unit);
export const span = (seconds) => formatDuration(Math.max(0, Math.round(seconds)));

/** The clock; with the day where it is another. */
export const moment = (t) => (sameDay(t * 1000, Date.now()) ? clock(t * 1000) : date.format(new Date(t * 1000)));
export const whole = (t) => full(t * 1000);

/** What is wrong, in one sentence. */
export function sentence(alert) {
  const first = alert.lines?.[0];
  if (!first) return alert.sentence;
  const more = alert.ended ? 0 : (alert.firing ?? 0) - 1;
  const rest = more > 0 ? `; ${words("and_more", { count: more })}` : "";
  if (first.words || !alert.picture) return (first.words || first.name).replace(/\.$/, "") + rest;
  const { comparison, threshold, at } = alert.picture;
  const lasted = span((alert.ended ?? at) - first.since);
  if (first.name.endsWith(" up")) return words("down", { name: first.name.slice(0, -3), span: lasted }) + rest;
  const limit = words(LIMITS[comparison] ?? "above", { value: amount(threshold, first.unit) });
  return words("wrong", { name: first.name, value: amount(first.value, first.unit), limit, span: lasted }) + rest;
}

/** What stands below: who is on it, until when, how long it lasted. */
export function note(alert) {
  const parts =
    {
      firing: () => [words(`severity_${alert.severity}`), words("since", { time: moment(alert.began) })],
      acknowledged: () => [words("until", { name: alert.name, time: moment(alert.until) })],
      silenced: () => [
        alert.until
          ? words(alert.name ? "until" : "silenced_until", { name: alert.name, time: moment(alert.until) })
          : "",
      ],
      held: () => [words("behind", { title: alert.behind })],
      resolved: () => [
        alert.closed ? words("closed_by", { name: alert.closed }) : "",
        words(alert.gone && !alert.closed ? "gone_after" : "resolved_after", { span: span(alert.ended - alert.began) }),
      ],
    }[alert.state]?.() ?? [];
  if (alert.reopened) parts.push(words("reopened", { count: alert.reopened }));
  if (alert.words) parts.push(words("quoted", { words: alert.words }));
  if (alert.children_firing && !alert.ended) {
    parts.push(words("behind_it", { firing: alert.children_firing, all: alert.children }));
  }
  return parts.filter(Boolean).join(" · ");
}
