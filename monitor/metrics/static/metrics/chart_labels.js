// Formats times on axes, chooses the steps between marks, and shortens the names of series.
import { t } from "../myweb/i18n.js";
import { chartFormats } from "../myweb/time.js";

const { minutes, seconds, days, months, daySeconds, dayMinutes, dates } = chartFormats;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** @param {number} at */
const date = (at) => new Date(at * 1000);
/** @param {number} at */
export const clockWithSeconds = (at) => seconds.format(date(at));

/**
 * A mark of an axis that is so many seconds long.
 * @param {number} at
 * @param {number} long
 */
export function formatAxisTime(at, long) {
  if (long <= 2 * HOUR && at % 60) return clockWithSeconds(at);
  if (long <= 2 * DAY && date(at).getHours() + date(at).getMinutes()) return minutes.format(date(at));
  if (long <= 2 * HOUR) return minutes.format(date(at));
  return (long <= 200 * DAY ? days : months).format(date(at));
}

const LATE = Date.UTC(2026, 10, 28, 12) / 1000; // a long day, a long month
const hours = [0, 1, 2, 3, 4, 6, 10, 11, 12, 22, 23].map((hour) => LATE + hour * HOUR);

/**
 * Marks as they may be on an axis that is so many seconds long: the usual ones, and those with seconds.
 * @param {number} long
 */
export function sampleAxisTimes(long) {
  if (long > 2 * DAY) return [hours.map((at) => formatAxisTime(at, long)), []];
  const usual = hours.map((at) => minutes.format(date(at)));
  return [long > 6 * HOUR ? [...usual, days.format(date(LATE))] : usual, hours.map(clockWithSeconds)];
}

/** Seconds that may lie between two marks of a time axis. */
export const TIME_STEPS = [
  1,
  5,
  10,
  15,
  30,
  60,
  120,
  300,
  600,
  900,
  1800,
  ...[1, 2, 3, 4, 6, 8, 12].map((count) => count * HOUR),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 30, 60, 90, 120, 180, 365, 730, 1825].map((count) => count * DAY),
];

/**
 * A moment in a range that is so many seconds long.
 * @param {number} at
 * @param {number} long
 */
export function formatTimeInRange(at, long) {
  if (long <= 6 * HOUR) return clockWithSeconds(at);
  return (long <= 60 * DAY ? dayMinutes : dates).format(date(at));
}

/**
 * A range in words.
 * @param {number} from
 * @param {number} to
 */
export function formatRange(from, to) {
  const long = to - from;
  return (long <= 6 * HOUR ? daySeconds : long <= 60 * DAY ? dayMinutes : dates).formatRange(date(from), date(to));
}

const SECONDS = [
  ...[-9, -8, -7, -6, -5, -4, -3, -2, -1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))),
  1,
  2,
  5,
  10,
  20,
  30,
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => 60 * minutes),
  ...Array.from({ length: 30 }, (_, power) => DAY * 2 ** power),
];

/**
 * Where the marks of an axis may stand: bytes are counted in powers of two, times in minutes, hours and days.
 * @param {string} unit
 */
export function listSteps(unit) {
  if (unit === "s") return SECONDS;
  return unit.startsWith("B") ? Array.from({ length: 61 }, (_, power) => 2 ** power) : undefined;
}

const LABELLED = /^([^\s{]*)\{(.*)\}(?: (\S+))?$/; // with its source behind it, where there are several
// without a value it is the quoted name of the metric
const LABEL = /(?:"((?:\\.|[^"\\])*)"|([^\s,={}"]+))(?:="((?:\\.|[^"\\])*)")?(?:,|$)/gy;
/** @param {string} text */
const unescaped = (text) => text.replace(/\\(["\\])/g, "$1");

/** @param {string} name */
function parseLabels(name) {
  const [, plain, inside, source = ""] = name.match(LABELLED) ?? [null, name, ""];
  const terms = [...inside.matchAll(LABEL)].map(([, quoted, bare, value]) => [unescaped(quoted ?? bare), value]);
  const metric = plain || (terms.find(([, value]) => value === undefined)?.[0] ?? name);
  const labels = new Map(
    terms.filter(([, value]) => value !== undefined).map(([label, value]) => [label, unescaped(value)]),
  );
  return { metric: source ? `${metric} ${source}` : metric, labels };
}

/**
 * Shortens names of series to the labels, or the parts of the names, in which they differ.
 * @param {string[]} names
 */
export function shortenNames(names) {
  if (!names.some((name) => LABELLED.test(name))) return shortenParts(names);
  const all = names.map(parseLabels);
  const keys = [...new Set(all.flatMap(({ labels }) => [...labels.keys()]))].filter(
    (key) => new Set(all.map(({ labels }) => labels.get(key))).size > 1,
  );
  const metrics =
    new Set(all.map(({ metric }) => metric)).size > 1
      ? shortenParts(all.map(({ metric }) => metric))
      : all.map(() => "");
  return all.map(({ metric, labels }, index) => {
    const values = keys
      .filter((key) => labels.has(key))
      .map((key) => (keys.length > 1 ? `${key}=${labels.get(key)}` : labels.get(key)));
    return [metrics[index], ...values].filter(Boolean).join(" ") || metric;
  });
}

/** @param {string[]} names */
function shortenParts(names) {
  const parts = names.map((name) => name.split(/[. ]/));
  /** @param {number} at */
  const same = (at) => parts.every((words) => words.at(at) === parts[0].at(at));
  const least = Math.min(...parts.map(({ length }) => length)) - 1;
  let [head, tail] = [0, 0];
  while (head < least && same(head)) head += 1;
  while (tail < least - head && same(-1 - tail)) tail += 1;
  return parts.map((words) => words.slice(head, words.length - tail).join("."));
}

/**
 * The labels of series beside each other, those of this site's own sources in the reader's language.
 * @param {{ id: string, name: string }[]} series
 */
export function labelSeries(series) {
  return shortenNames(series.map(({ name }) => name)).map((label, index) => {
    const { id } = series[index];
    const key = `series_${id.split(".")[0]}.${label}`;
    const text = t(key);
    return text === key || !id.endsWith(`.${label}`) ? label : text;
  });
}
