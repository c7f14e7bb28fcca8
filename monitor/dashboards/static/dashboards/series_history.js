// The values of a longer or an older range, by HTTP. An hour goes on with the ticks; longer ranges are read again at
// their step.
import { MAX_GAP, seriesId } from "./feed.js";
import { getJson } from "../myweb/api.js";

const MAX_POINTS = 1010; // a week in ten minutes, a year in half days
/** @type {TimeRange} */
const NO_RANGE = { seconds: null };
const RETRY_DELAY = 15_000; // after a failure

/**
 * `listener.onLayout(layout, columns, panels)` and `listener.onValues()` are called when values are there,
 * `listener.onState()` when loading begins, ends or fails.
 */
export class SeriesHistory {
  /** @type {TimeRange} */
  wanted = NO_RANGE;
  ready = false;
  loading = false;
  failed = "";
  step = 1;
  /** @type {number[]} */
  t = [];
  /** @type {Value[][]} */
  mean = [];
  /** @type {Value[][]} */
  low = [];
  /** @type {Value[][]} */
  high = [];
  /** @type {[number, number]} */
  span = [0, 0];
  /** @type {Map<string, number>} */
  names = new Map();
  /** @type {number | null} */
  feedLayout = null; // the layout of the feed when this was read
  /** @type {AbortController | null} */
  abort = null;
  timer = 0;
  dueAt = Infinity;

  /**
   * @param {string} address
   * @param {Feed} feed
   * @param {HistoryListener} listener
   * @param {AbortSignal} signal
   */
  constructor(address, feed, listener, signal) {
    this.address = address;
    this.feed = feed;
    this.listener = listener;
    this.version = 0;
    document.addEventListener("visibilitychange", () => this.loadIfDue(), { signal });
  }

  clear() {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.wanted = NO_RANGE;
    this.ready = false;
    this.loading = false;
    this.failed = "";
    this.t = [];
    this.step = 1;
    this.names = new Map();
    this.dueAt = Infinity;
    this.mean = [];
    this.low = [];
    this.high = [];
  }

  get last() { return this.t.at(-1) ?? null; }
  get empty() { return this.ready && !this.t.length; }

  /** @returns {[number, number]} */
  get range() {
    const { wanted, feed, moves } = this;
    return moves ? [feed.now - (wanted.seconds ?? 0), feed.now] : this.span;
  }

  get moves() { return this.wanted.seconds !== null && this.step < 60; }

  /** @param {string} id */
  valuesOf(id) {
    const index = this.names.get(id);
    return index === undefined ? undefined : { mean: this.mean[index], low: this.low[index], high: this.high[index] };
  }

  /**
   * `range` is `{ seconds }` up to now, or `{ seconds: null, from, to }`.
   * @param {TimeRange} range
   */
  setRange(range) {
    this.clear();
    this.wanted = range;
    return this.load();
  }

  async load() {
    clearTimeout(this.timer);
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    const to = Math.ceil(this.wanted.to ?? this.feed.now);
    const from = Math.floor(this.wanted.from ?? to - (this.wanted.seconds ?? 0));
    this.loading = true;
    this.failed = "";
    this.dueAt = Infinity;
    this.feedLayout = this.feed.layout;
    this.listener.onState();
    try {
      const values = { from, to, points: MAX_POINTS, layout: this.feed.layout ?? 0 };
      const query = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]));
      this.onLoaded(await getJson(`${this.address}?${query}`, { signal: abort.signal }), [from, to]);
    } catch (caught) {
      const error = /** @type {ApiError} */ (caught);
      if (abort.signal.aborted) return;
      if (error.redirected) return location.reload(); // signed out meanwhile
      this.onError(error);
    }
  }

  /**
   * @param {BoardHistory} history
   * @param {[number, number]} span
   */
  onLoaded({ layout, columns, panels, step, t, mean, low = mean, high = mean, shown }, span) {
    this.ready = true;
    this.loading = false;
    this.span = span;
    this.step = step;
    this.t = t;
    this.mean = mean;
    this.low = low;
    this.high = high;
    this.names = new Map(columns.map((column, index) => [seriesId(column), index]));
    this.version += 1;
    if (this.wanted.seconds !== null && !this.moves) this.scheduleLoad(step * 1000);
    this.listener.onLayout(layout, columns, panels, shown);
    this.listener.onState();
    this.listener.onValues();
  }

  /** @param {ApiError} error */
  onError(error) {
    this.loading = false;
    this.failed = error.status === null ? "offline" : "server";
    this.scheduleLoad(RETRY_DELAY);
    this.listener.onState();
  }

  /** @param {number} wait */
  scheduleLoad(wait) {
    this.dueAt = performance.now() + wait;
    this.timer = setTimeout(() => this.loadIfDue(), wait);
  }

  loadIfDue() {
    if (this.wanted === NO_RANGE || document.visibilityState !== "visible") return;
    if (performance.now() >= this.dueAt - 50) this.load();
  }

  /**
   * A tick of the feed, at the end of a range that goes on.
   * @param {Tick} tick
   */
  onTick({ t, v }) {
    if (!this.ready || !this.moves || (this.last !== null && t <= this.last)) return;
    if (this.last !== null && t - this.last > Math.max(MAX_GAP, this.step * 2)) return this.loading || this.load();
    this.version += 1;
    this.t.push(t);
    const places = this.feed.names;
    for (const lists of new Set([this.mean, this.low, this.high])) {
      for (const [id, index] of this.names) lists[index].push(v?.[places.get(id) ?? -1] ?? null);
    }
    this.dropBefore(t - (this.wanted.seconds ?? 0) - 60);
  }

  /** @param {number} before */
  dropBefore(before) {
    const old = this.t.findIndex((t) => t >= before);
    if (old < 60) return;
    this.t.splice(0, old);
    for (const lists of new Set([this.mean, this.low, this.high])) for (const values of lists) values.splice(0, old);
  }
}
