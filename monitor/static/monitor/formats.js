// Values as people read them.
import { language, t } from "../chat/page.js";

const number = (digits) => new Intl.NumberFormat(language, { maximumSignificantDigits: digits });
const [three, whole] = [number(3), new Intl.NumberFormat(language, { maximumFractionDigits: 0 })];
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const seconds = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const NONE = "–";

export const clockWithSeconds = (at) => seconds.format(new Date(at * 1000));

const plain = (value) => (Math.abs(value) >= 10_000 ? compact : Math.abs(value) >= 100 ? whole : three).format(value);

function bytes(value) {
  const step = value >= 1 ? Math.min(BYTES.length - 1, Math.floor(Math.log2(value) / 10)) : 0;
  return `${three.format(value / 1024 ** step)} ${BYTES[step]}`;
}

function duration(value) {
  if (value >= 100) return `${whole.format(value)} s`;
  if (value >= 1) return `${three.format(value)} s`;
  return value >= 0.001 || value === 0 ? `${three.format(value * 1000)} ms` : `${three.format(value * 1e6)} µs`;
}

/** `unit` as the collector gives it: %, B, B/s, /s, s, °C or nothing. */
export function format(value, unit) {
  if (value === null || value === undefined) return NONE;
  if (unit === "%") return `${three.format(value)} %`;
  if (unit === "B") return bytes(value);
  if (unit === "B/s") return t("per_second", { value: bytes(value) });
  if (unit === "/s") return t("per_second", { value: plain(value) });
  if (unit === "s") return duration(value);
  return unit ? `${plain(value)} ${unit}` : plain(value);
}

/** Room is short beside a chart: the panel's value says that it is per second. */
export const onAxis = (value, unit) => format(value, { "B/s": "B", "/s": "" }[unit] ?? unit);

/** Where the marks of an axis may stand: bytes are counted in powers of two. */
export const steps = (unit) => (unit.startsWith("B") ? Array.from({ length: 51 }, (_, power) => 2 ** power) : undefined);

/** What a series is called beside others: the part of its name in which they differ. */
export const shortName = (name) => name.split(" ").at(-1).split(".").slice(-1)[0];
