// The values of a dashboard as they come: the last minutes at first, then tick by tick. Knows no chart.

const RANGE = 300; // seconds
const ACK_EVERY = 5; // seconds of ticks
export const HOLE = 15; // seconds without a tick are a gap in the line; idle collectors measure every ten

/** What a series is called on a dashboard of several sources. */
export const idOf = ({ source, name }) => `${source}.${name}`;

/**
 * `listener.begun(layout, columns, panels, shown)` when the order of values is known, `listener.came(tick)` after each
 * tick, `listener.pinned()` when messages were pinned to the time axis, `listener.gone()` when there is nothing
 * more to see.
 */
export class Feed {
  /** @type {any} */
  follow = null; // while the page is seen
  onVisibilityChange = () => this.look();

  constructor(socket, key, listener) {
    this.socket = socket;
    this.key = key;
    this.listener = listener;
    this.t = [];
    this.v = [];
    this.version = 0; // grows whenever there are other values
    this.names = new Map(); // the id of a series -> its place
    this.layout = null;
    this.begun = []; // what `listener.begun` was told last
    this.downSince = null; // seconds; the source could not be read from then on
    this.acked = 0;
    this.ahead = null; // seconds that the server's clock is ahead of our own, as near as ticks tell
    this.slack = Math.random() * ACK_EVERY; // not all viewers speak in the same moment
  }

  start() {
    document.addEventListener("visibilitychange", this.onVisibilityChange);
    this.look();
  }

  /** Nothing more is asked or reported. */
  end() {
    document.removeEventListener("visibilitychange", this.onVisibilityChange);
    this.follow?.close();
    this.follow = null;
  }

  get last() { return this.t.at(-1) ?? null; }

  /** The server's present, gliding on between ticks and whether they come or not. */
  get now() { return this.ahead === null ? Date.now() / 1000 : performance.now() / 1000 + this.ahead; }

  /** [from, to] of what is shown, in seconds. */
  get range() { return [this.now - RANGE, this.now]; }

  get span() { return "live"; }

  get ready() { return this.layout !== null; }

  /** One series: its values, and between what they were. */
  of(id) {
    const values = this.v[this.names.get(id)];
    return values && { mean: values, low: values, high: values };
  }

  /** A tab that nobody sees costs nothing: it follows again, with what it missed, when it is looked at. */
  look() {
    const visible = document.visibilityState === "visible";
    if (visible && !this.follow) {
      this.follow = this.socket.follow(`dashboard.${this.key}`, {
        snapshot: (snapshot) => this.begin(snapshot),
        event: ({ type, data }) => this.hear(type, data),
        refused: () => this.listener.gone?.(),
      });
    } else if (!visible && this.follow) {
      this.follow.close();
      this.follow = null;
    }
  }

  hear(type, data) {
    if (type === "tick") this.take(data);
    else if (type === "changed") this.follow?.subscribe();
    else if (type === "pinned") this.listener.pinned?.();
    else if (type === "closed") this.listener.gone?.();
  }

  begin({ layout, columns, panels, t, v, shown }) {
    this.layout = layout;
    this.t = t;
    this.v = v;
    this.names = new Map(columns.map((column, index) => [idOf(column), index]));
    this.downSince = null;
    this.version += 1;
    this.acked = this.last ?? 0;
    if (this.last !== null) this.heard(this.last);
    for (let index = t.length - 1; index > 0; index -= 1) if (t[index] - t[index - 1] > HOLE) this.hole(index);
    this.noteDown();
    this.begun = [layout, columns, panels, shown];
    this.listener.begun(...this.begun);
  }

  /** An empty row between two others: no line is drawn through what was not measured. */
  hole(index) {
    this.t.splice(index, 0, this.t[index - 1] + 1);
    for (const values of this.v) values.splice(index, 0, null);
  }

  take(tick) {
    const { t, layout, v } = tick;
    if (this.last !== null && t <= this.last) return;
    if (layout !== this.layout && v) return this.follow.subscribe();
    if (this.last !== null && t - this.last > HOLE) return this.follow.subscribe(); // what fell out may be in the ring
    this.t.push(t);
    this.v.forEach((values, index) => values.push(v ? v[index] : null));
    this.version += 1;
    if (v) this.downSince = null;
    else this.downSince ??= t;
    this.heard(t);
    this.forget(t - RANGE - 60);
    this.acknowledge(t);
    this.listener.came(tick);
  }

  /** The quickest tick tells best what time it is; a clock that is wrong by seconds was set. */
  heard(t) {
    const ahead = t - performance.now() / 1000;
    this.ahead =
      this.ahead === null || Math.abs(ahead - this.ahead) > HOLE ? ahead : Math.max(ahead, this.ahead - 0.005);
  }

  noteDown() {
    const silent = (index) => this.v.length > 0 && this.v.every((values) => values[index] === null);
    let index = this.t.length;
    while (index > 0 && silent(index - 1)) index -= 1;
    this.downSince = this.t.length && index < this.t.length ? this.t[index] : null;
  }

  forget(before) {
    const old = this.t.findIndex((t) => t >= before);
    if (old < 60) return; // in one go, each minute
    this.t.splice(0, old);
    for (const values of this.v) values.splice(0, old);
  }

  acknowledge(t) {
    if (t - this.acked < ACK_EVERY + this.slack) return;
    this.slack = 0;
    this.acked = t;
    this.socket.send("dashboard.seen", { key: this.key, t }).catch(() => {});
  }
}
