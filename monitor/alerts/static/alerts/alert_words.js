// What an alert's card says, in the language of the page.
import { fillNodes } from "../myweb/i18n.js";
import { createTime } from "../myweb/time.js";
import { formatDuration, formatValue } from "../myweb/formats.js";

/** @type {Record<string, string>} */
const strings = JSON.parse(document.getElementById("alert-strings")?.textContent ?? "{}");
/** @type {Record<string, string>} */
const LIMITS = { ">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "==": "equal", "!=": "other" };

/**
 * @param {string} key
 * @param {Record<string, any>} values
 */
export const formatAlertText = (key, values = {}) =>
  (strings[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

/**
 * A text with a time that stays right.
 * @param {string} key
 * @param {number | null | undefined} seconds since 1970
 * @param {Record<string, string>} values
 */
const formatWithTime = (key, seconds, values = {}) =>
  fillNodes(strings[key], { ...values, time: createTime((seconds ?? 0) * 1_000, "moment") });

/** @param {Value | undefined} value */
export const formatAmount = (value, unit = "") =>
  value === null || value === undefined ? formatAlertText("no_value") : formatValue(value, unit);
/** @param {number} seconds */
export const formatSpan = (seconds) => formatDuration(Math.max(0, Math.round(seconds)));

/**
 * What is wrong, in one sentence.
 * @param {AlertState} alert
 */
export function describeAlert(alert) {
  const first = alert.lines?.[0];
  if (!first) return alert.sentence;
  const more = alert.ended ? 0 : (alert.firing ?? 0) - 1;
  const rest = more > 0 ? `; ${formatAlertText("and_more", { count: more })}` : "";
  if (first.words || !alert.picture) return (first.words || first.name).replace(/\.$/, "") + rest;
  const { comparison = "", threshold, at = 0 } = alert.picture;
  const seconds = Math.max(0, Math.round((alert.ended ?? at) - first.since));
  const form = seconds ? "" : "_now";
  const span = formatSpan(seconds);
  if (first.name.endsWith(" up"))
    return formatAlertText(`down${form}`, { name: first.name.slice(0, -3), span }) + rest;
  const limit = formatAlertText(LIMITS[comparison] ?? "above", { value: formatAmount(threshold, first.unit) });
  return (
    formatAlertText(`wrong${form}`, { name: first.name, value: formatAmount(first.value, first.unit), limit, span }) +
    rest
  );
}

/**
 * What stands below: who is on it, until when, how long it lasted. For `append()`.
 * @param {AlertState} alert
 * @returns {(Node | string)[]}
 */
export function describeState(alert) {
  /** @type {(Node | string)[][]} */
  const parts =
    {
      firing: () => [
        [formatAlertText(`severity_${alert.severity}`)],
        formatWithTime("since", alert.began),
      ],
      acknowledged: () => [formatWithTime("until", alert.until, { name: alert.name ?? "" })],
      silenced: () =>
        alert.until
          ? [formatWithTime(alert.name ? "until" : "silenced_until", alert.until, { name: alert.name ?? "" })]
          : [],
      held: () => [[formatAlertText("behind", { title: alert.behind })]],
      resolved: () => [
        ...(alert.closed ? [[formatAlertText("closed_by", { name: alert.closed })]] : []),
        [
          formatAlertText(alert.gone && !alert.closed ? "gone_after" : "resolved_after", {
            span: formatSpan((alert.ended ?? 0) - alert.began),
          }),
        ],
      ],
    }[alert.state]?.() ?? [];
  if (alert.reopened) parts.push([formatAlertText("reopened", { count: alert.reopened })]);
  if (alert.words) parts.push([formatAlertText("quoted", { words: alert.words })]);
  if (alert.children_firing && !alert.ended)
    parts.push([formatAlertText("behind_it", { firing: alert.children_firing, all: alert.children })]);
  return parts.flatMap((part, place) => (place ? [" · ", ...part] : part));
}
