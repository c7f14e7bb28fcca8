// The values of a dashboard as they come: the last minutes at first, then tick by tick. Knows no chart.

const RANGE_SECONDS = 300; // seconds
const MAX_COPIED = 20_000; // values
const ACK_INTERVAL = 5; // seconds of ticks
export const MAX_GAP = 15; // seconds without a tick are a gap in the line; idle collectors measure every ten

/**
 * What a series is called on a dashboard of several sources.
 * @param {{ source: string, name: string }} options
 */
export const seriesId = ({ source, name }) => `${source}.${name}`;

/**
 * `listener.onLayout(layout, columns, panels, shown)` is called when the order of values is known,
 * `listener.onTick(tick)` after each tick, `listener.onPinned()` when messages may have been pinned,
 * `listener.onClosed()` when there is nothing more to see.
 */
export class Feed {
  /** @type {Follow | null} */
  follow = null; // while the page is seen
  onVisibilityChange = () => this.updateFollow();

  /**
   * @param {Socket} socket
   * @param {string} key
   * @param {FeedListener} listener
   */
  constructor(socket, key, listener) {
    this.socket = socket;
    this.key = key;
    this.listener = listener;
    /** @type {number[]} */
    this.t = [];
    /** @type {Value[][]} */
    this.v = [];
    this.version = 0; // grows whenever there are other values
    /** @type {Map<string, number>} */
    this.names = new Map(); // the id of a series -> its place
    /** @type {number | null} */
    this.layout = null;
    /** @type {Parameters<OnLayout>} */
    this.layoutArguments = [0, [], []]; // of the last call of `listener.onLayout`
    /** @type {number | null} */
    this.downSince = null; // seconds; the source could not be read from then on
    this.acked = 0;
    /** @type {number | null} */
    this.ahead = null; // seconds that the server's clock is ahead of our own, as near as ticks tell
    this.slack = Math.random() * ACK_INTERVAL; // not all viewers speak in the same moment
  }

  start() {
    document.addEventListener("visibilitychange", this.onVisibilityChange);
    this.updateFollow();
  }

  /** Stops following the stream. */
  stop() {
    document.removeEventListener("visibilitychange", this.onVisibilityChange);
    this.follow?.close();
    this.follow = null;
  }

  get last() { return this.t.at(-1) ?? null; }

  /** The server's present, gliding on between ticks and whether they come or not. */
  get now() { return this.ahead === null ? Date.now() / 1000 : performance.now() / 1000 + this.ahead; }

  /**
   * [from, to] of what is shown, in seconds.
   * @returns {[number, number]}
   */
  get range() { return [this.now - RANGE_SECONDS, this.now]; }

  get span() { return "live"; }

  get ready() { return this.layout !== null; }

  /**
   * One series: its values, and between what they were.
   * @param {string} id
   */
  valuesOf(id) {
    const values = this.v[this.names.get(id) ?? -1];
    return values && { mean: values, low: values, high: values };
  }

  /**
   * The last minutes as a snapshot; of very many series only as many values as fit.
   * @returns {BoardSnapshot}
   */
  copy() {
    const [layout, columns, panels] = this.layoutArguments;
    const count = Math.min(RANGE_SECONDS, Math.floor(MAX_COPIED / Math.max(1, this.v.length)));
    return { layout, columns, panels, t: this.t.slice(-count), v: this.v.map((values) => values.slice(-count)) };
  }

  /** A tab that nobody sees costs nothing: it follows again, with what it missed, when it is looked at. */
  updateFollow() {
    const visible = document.visibilityState === "visible";
    if (visible && !this.follow) {
      this.follow = this.socket.follow(`dashboard.${this.key}`, {
        snapshot: (snapshot) => this.onSnapshot(snapshot),
        event: ({ type, data }) => this.onEvent(type, data),
        refused: () => this.listener.onClosed?.(),
      });
    } else if (!visible && this.follow) {
      this.follow.close();
      this.follow = null;
    }
  }

  /**
   * @param {string} type
   * @param {any} data
   */
  onEvent(type, data) {
    if (type === "tick") this.onTick(data);
    else if (type === "changed") this.follow?.subscribe();
    else if (type === "pinned") this.listener.onPinned?.();
    else if (type === "closed") this.listener.onClosed?.();
  }

  /** @param {BoardSnapshot} snapshot */
  onSnapshot({ layout, columns, panels, t, v, shown }) {
    const hasMissedEvents = this.ready;
    this.layout = layout;
    this.t = t;
    this.v = v;
    this.names = new Map(columns.map((column, index) => [seriesId(column), index]));
    /** @type {number | null} */
    this.downSince = null;
    this.version += 1;
    this.acked = this.last ?? 0;
    if (this.last !== null) this.updateClock(this.last);
    for (let index = t.length - 1; index > 0; index -= 1)
      if (t[index] - t[index - 1] > MAX_GAP && !this.isSilent(index - 1)) this.insertGap(index);
    this.updateDownSince();
    this.layoutArguments = [layout, columns, panels, shown];
    this.listener.onLayout(...this.layoutArguments);
    if (hasMissedEvents) this.listener.onPinned?.();
  }

  /**
   * An empty row between two others: no line is drawn through what was not measured.
   * @param {number} index
   */
  insertGap(index) {
    this.t.splice(index, 0, this.t[index - 1] + 1);
    for (const values of this.v) values.splice(index, 0, null);
  }

  /** @param {Tick} tick */
  onTick(tick) {
    const { t, layout, v } = tick;
    if (this.last !== null && t <= this.last) return;
    if (layout !== this.layout && v) return this.follow?.subscribe();
    if (this.last !== null && t - this.last > MAX_GAP) return this.follow?.subscribe(); // it may be buffered
    this.t.push(t);
    this.v.forEach((values, index) => values.push(v ? v[index] : null));
    this.version += 1;
    if (v) this.downSince = null;
    else this.downSince ??= t;
    this.updateClock(t);
    this.dropBefore(t - RANGE_SECONDS - 60);
    this.acknowledge(t);
    this.listener.onTick(tick);
  }

  /**
   * The quickest tick tells best what time it is; a clock that is wrong by seconds was set.
   * @param {number} t
   */
  updateClock(t) {
    const ahead = t - performance.now() / 1000;
    this.ahead =
      this.ahead === null || Math.abs(ahead - this.ahead) > MAX_GAP ? ahead : Math.max(ahead, this.ahead - 0.005);
  }

  /**
   * Whether there was no value at all.
   * @param {number} index
   */
  isSilent(index) { return this.v.length > 0 && this.v.every((values) => values[index] === null); }

  updateDownSince() {
    let index = this.t.length;
    while (index > 0 && this.isSilent(index - 1)) index -= 1;
    this.downSince = this.t.length && index < this.t.length ? this.t[index] : null;
  }

  /** @param {number} before */
  dropBefore(before) {
    const old = this.t.findIndex((t) => t >= before);
    if (old < 60) return; // in one go, each minute
    this.t.splice(0, old);
    for (const values of this.v) values.splice(0, old);
  }

  /** @param {number} t */
  acknowledge(t) {
    if (t - this.acked < ACK_INTERVAL + this.slack) return;
    this.slack = 0;
    this.acked = t;
    this.socket.send("dashboard.seen", { key: this.key, t }).catch(() => {});
  }
}
