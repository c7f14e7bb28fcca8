// Durations, sizes and numbers as texts, in the same form as myweb/formats.py; tests/format_cases.json holds both.
import { language, t } from "./i18n.js";

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400]; // seconds
const FILE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];
const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const NO_VALUE = "–";

const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 20 });
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const scientific = new Intl.NumberFormat(language, { notation: "scientific", maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });

/**
 * @param {unknown} value
 * @returns {value is number}
 */
const isNumber = (value) => Number.isFinite(value);

/**
 * Three significant digits. Intl would round the shortest decimal of the number, as in 1.005, instead of the number.
 * @param {number} value
 */
const formatSignificant = (value) => decimal.format(Number(value.toPrecision(3)));

/** @param {number} value */
function isExtreme(value) {
  const size = Math.abs(value);
  return size >= 1e15 || (size > 0 && size < 1e-6);
}

/**
 * Three significant digits below 1,000, thousands separators above, an exponent beyond 1e15 and below 1e-6.
 * @param {number} value
 */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return NO_VALUE;
  if (isExtreme(value)) return scientific.format(value);
  return Math.abs(value) >= 100 ? whole.format(value) : formatSignificant(value);
}

/**
 * Three significant digits of the largest unit that fits, in powers of 1024.
 * @param {number} value
 */
export const formatBytes = (value) => joinSize(value, 1024, BYTE_UNITS);

/**
 * In powers of 1000, as the limits of files have it.
 * @param {number} value
 */
export const formatFileSize = (value) => joinSize(value, 1000, FILE_UNITS);

/**
 * @param {number} value
 * @param {number} base
 * @param {string[]} units
 */
function joinSize(value, base, units) {
  if (!Number.isFinite(value)) return NO_VALUE;
  let [size, power] = [value, 0];
  while (Math.abs(size) >= base && power < units.length - 1) [size, power] = [size / base, power + 1];
  return `${formatSignificant(size)} ${units[power]}`;
}

/**
 * The two largest units: "250 ms", "45 s", "1 min 40 s", "2 h 5 min", "3 d 4 h".
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  if (!Number.isFinite(seconds)) return NO_VALUE;
  const [sign, size] = [seconds < 0 ? "-" : "", Math.abs(seconds)];
  if (size >= 59.95) return sign + joinUnits(size);
  if (size === 0 || size >= 1 - 5e-4) return sign + t("unit_s", { count: formatSignificant(size) });
  if (size >= 1e-3 - 5e-7) return `${sign}${formatSignificant(size * 1e3)} ms`;
  return `${sign}${formatSignificant(size * 1e6)} µs`;
}

/**
 * As players show it: "0:42", "1:02:03".
 * @param {number} seconds
 */
export function formatPlayTime(seconds) {
  const total = Math.max(1, Math.round(seconds));
  const parts = [Math.floor(total / HOUR), Math.floor((total % HOUR) / MINUTE), total % MINUTE];
  if (!parts[0]) parts.shift();
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

/**
 * The smaller of two units is rounded, and left out if it is zero.
 * @param {number} seconds
 */
function joinUnits(seconds) {
  const [inSeconds, inMinutes, inHours] = [1, MINUTE, HOUR].map((unit) => Math.round(seconds / unit));
  const counts = inSeconds < HOUR ? { min: Math.floor(inSeconds / 60), s: inSeconds % 60 }
    : inMinutes < DAY / MINUTE ? { h: Math.floor(inMinutes / 60), min: inMinutes % 60 }
    : { d: Math.floor(inHours / 24), h: inHours % 24 };
  const filled = Object.entries(counts).filter(([, count]) => count);
  return filled.map(([unit, count]) => t(`unit_${unit}`, { count: whole.format(count) })).join(" ");
}

/**
 * `unit` is %, B, B/s, /s, s, °C, any other word or empty.
 * @param {number | null | undefined} value
 * @returns {string}
 */
export function formatValue(value, unit = "") {
  if (!isNumber(value)) return NO_VALUE;
  if (unit === "s") return formatDuration(value);
  if (unit === "B") return formatBytes(value);
  if (unit === "B/s" || unit === "/s") return t("per_second", { value: formatValue(value, unit.slice(0, -2)) });
  return `${formatNumber(value)} ${unit}`.trim();
}

/**
 * A value beside an axis, where room is short: "12.3K", and no "/s", which the panel's own value says.
 * @param {number} value
 */
export function formatOnAxis(value, unit = "") {
  const shown = unit.replace(/\/s$/, "");
  const isLarge = Math.abs(value) >= 10_000 && !isExtreme(value) && shown !== "B" && shown !== "s";
  return isLarge ? `${compact.format(value)} ${shown}`.trim() : formatValue(value, shown);
}
