// What stands on the time axis of all panels: pinned messages and alerts. A pointer finds them in the charts, the
// keyboard in a list.
import { getJson } from "../myweb/api.js";
import { createElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { formatTimeInRange } from "../metrics/chart_labels.js";

const MAX_AGE = 60_000; // at the latest
const CHECK_INTERVAL = MAX_AGE / 4;
const AHEAD = 86_400; // the server ends a range at its present: a message may be newer than the last measured second
const SOON = 1_500; // clients spread their requests over this time
/** @type {HTMLElement | null} */
let note = null; // what a mark says, one for the page
/** @type {HTMLElement | null} */
let current = null; // the mark that says it

/**
 * @param {HTMLElement} link
 * @param {Mark} mark
 * @param {number} span
 */
function showNote(link, mark, span) {
  hideNote();
  note ??= document.body.appendChild(createElement("p", "mark-note"));
  const head = createElement(
    "span",
    "mark-note__head",
    [mark.name, formatTimeInRange(mark.at, span)].filter(Boolean).join(" · "),
  );
  note.replaceChildren(head, createElement("span", "mark-note__text", mark.text));
  note.dataset.kind = mark.severity || mark.kind;
  note.hidden = false;
  current = link;
  current.dataset.current = "";
  const { left, right, top, bottom } = link.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = note;
  note.style.left = `${Math.max(8, Math.min((left + right - width) / 2, innerWidth - width - 8))}px`;
  note.style.top = `${top - height - 8 > 8 ? top - height - 8 : bottom + 8}px`;
}

function hideNote() {
  if (note) note.hidden = true;
  if (current) delete current.dataset.current;
}

export class Marks {
  /** @type {() => number[]} */
  range = () => [0, 0];
  follows = false;
  timer = 0;
  lastRequest = 0;
  /**
   * The mark whose link in the list has the focus.
   * @type {Mark | null}
   */
  focused = null;

  /**
   * `address` serves them; `list` holds them for the keyboard and for screen readers; `changed()` is called when they
   * change.
   * @param {string} address
   * @param {HTMLElement} list
   * @param {() => void} changed
   */
  constructor(address, list, changed) {
    this.address = address;
    this.list = list;
    this.changed = changed;
    /** @type {Mark[]} */
    this.marks = [];
    this.version = 0;
    /** @type {Map<Chart, MarkLayer>} */
    this.layers = new Map();
    this.loadIfDue = () => document.visibilityState === "visible" && performance.now() >= this.dueAt && this.load();
    this.onPinned = () => this.load();
    document.addEventListener("visibilitychange", this.loadIfDue);
    addEventListener("pinned", this.onPinned);
    this.ticking = setInterval(this.loadIfDue, CHECK_INTERVAL);
    this.dueAt = Infinity;
  }

  /**
   * `range()` gives [from, to] of what is shown, in seconds; `follows`: up to now, whatever time it is at the server.
   * @param {() => number[]} range
   * @param {boolean} follows
   */
  setRange(range, follows) {
    this.range = range;
    this.follows = follows;
    this.load();
  }

  /** There may be others. */
  scheduleLoad() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.dueAt = 0;
      this.loadIfDue();
    }, Math.random() * SOON);
  }

  async load() {
    const [from, to] = this.range();
    const request = ++this.lastRequest;
    this.dueAt = performance.now() + MAX_AGE - CHECK_INTERVAL;
    try {
      const end = Math.ceil(to) + (this.follows ? AHEAD : 1);
      const query = new URLSearchParams({ from: String(Math.floor(from)), to: String(end) });
      const marks = await getJson(`${this.address}?${query}`);
      if (request === this.lastRequest) this.setMarks(marks);
    } catch {
      /* without a connection they stay as they were */
    }
  }

  /** @param {Mark[]} marks */
  setMarks(marks) {
    if (JSON.stringify(marks) === JSON.stringify(this.marks)) return;
    this.marks = marks;
    this.version += 1;
    const links = () => [...this.list.querySelectorAll("a")];
    const focused = links().find((link) => link === document.activeElement)?.href;
    hideNote();
    this.list.replaceChildren(...marks.map((mark) => this.createLine(mark)));
    this.changed();
    if (focused) links().find(({ href }) => href === focused)?.focus();
  }

  /** @param {Mark} mark */
  formatLabel(mark) {
    return `${formatTimeInRange(mark.at, this.span)} ${t(mark.kind === "pin" ? "mark_pin" : "mark_alert", mark)}`;
  }

  get span() {
    const [from, to] = this.range();
    return to - from;
  }

  /** @param {Mark} mark */
  urlOf(mark) {
    return urls.room(mark.room, mark.seq ?? null);
  }

  /** @param {Mark} mark */
  createLine(mark) {
    const item = document.createElement("li");
    const link = Object.assign(createElement("a", "", this.formatLabel(mark)), { href: this.urlOf(mark) });
    link.addEventListener("focus", () => {
      this.focused = mark;
        showNote(this.findVisibleLink(mark) ?? link, mark, this.span);
      });
    link.addEventListener("blur", () => {
      this.focused = null;
        hideNote();
      });
    item.append(link);
    return item;
  }

  /**
   * Where a mark stands in the first panel that shows it.
   * @param {Mark} mark
   */
  findVisibleLink(mark) {
    for (const { links } of this.layers.values()) {
      const link = links.find((link) => link.mark === mark && !link.element.hidden)?.element;
      if (link?.isConnected && link.checkVisibility()) return link;
    }
    return null;
  }

  /**
   * Puts them where they belong in a chart; called whenever that draws.
   * @param {Chart} chart
   */
  positionLinks(chart) {
    const { min, max } = chart.scales.x;
    const width = chart.bbox.width / devicePixelRatio;
    for (const { element, mark } of this.getLayer(chart).links) {
      const x = ((mark.at - min) / (max - min)) * width;
      element.hidden = !(x >= 0 && x <= width);
      if (!element.hidden) element.style.transform = `translateX(${x.toFixed(1)}px)`;
    }
    // The keyboard may find a mark before a chart has drawn it.
    const drawn = this.focused && this.findVisibleLink(this.focused);
    if (this.focused && drawn && drawn !== current) showNote(drawn, this.focused, this.span);
  }

  /** @param {Chart} chart */
  getLayer(chart) {
    const drawn = this.layers.get(chart);
    if (drawn?.version === this.version) return drawn;
    drawn?.element.remove();
    for (const [other, { element }] of this.layers) if (!element.isConnected) this.layers.delete(other);
    const layer = {
      version: this.version,
      element: createElement("div", "marks"),
      links: this.marks.map((mark) => ({ mark, element: this.createLink(mark) })),
    };
    layer.element.append(...layer.links.map(({ element }) => element));
    chart.over.append(layer.element);
    this.layers.set(chart, layer);
    return layer;
  }

  /** @param {Mark} mark */
  createLink(mark) {
    const link = Object.assign(createElement("a", "mark"), { href: this.urlOf(mark), tabIndex: -1, draggable: false });
    link.dataset.kind = mark.severity || mark.kind;
    link.addEventListener("pointerenter", () => showNote(link, mark, this.span));
    link.addEventListener("pointerleave", hideNote);
    link.addEventListener("mousedown", (event) => event.stopPropagation()); // no dragging over the chart begins here
    return link;
  }

  stop() {
    clearInterval(this.ticking);
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.loadIfDue);
    removeEventListener("pinned", this.onPinned);
    hideNote();
  }
}
