// What stands at the side: the newest numbers of a dashboard and its panels in one column, moved by its stream.
import { findElement } from "../myweb/elements.js";
import { getJson } from "../myweb/api.js";
import { cloneTemplate } from "../chat/page.js";
import { watchFeed } from "./feeds.js";
import { createFigure, listSeries } from "./panel_figures.js";
import { formatValue } from "../myweb/formats.js";
import { loadStyle, showStyle } from "../myweb/styles.js";
import { RedrawScheduler } from "./redraw_scheduler.js";
import { Marks } from "./marks.js";
import { StaleBanner } from "./stale_banner.js";

const TILES = 4;
const parts = cloneTemplate("dock-template").dataset;
/** @type {typeof import("./panel.js").Panel} */
let Panel;
/** @type {DockedDashboard | null} */
let shown = null; // the one that is drawn
const redraws = new RedrawScheduler((fresh) => shown?.draw(fresh), () => shown?.pace() ?? null);

/** @param {any} element */
function addToHead(element) {
  return new Promise((done, failed) => {
    element.addEventListener("load", done);
    element.addEventListener("error", () => failed(new Error(element.src)));
    document.head.append(element);
  });
}

/** The library and the look of charts, once a page. */
async function loadCharts() {
  /** @type {string[]} */
  const styles = parts.styles.split(" ");
  await Promise.all([
    ...styles.map(loadStyle),
    window.uPlot ? null : addToHead(Object.assign(document.createElement("script"), { src: parts.plot })),
  ]);
  styles.forEach(showStyle);
  const panel = await import("./panel.js");
  Panel = class extends panel.Panel {
    get padding() { return [8, 0, 0, 0]; }

    /** Narrow: from edge to edge, only lines where the scale has its steps. */
    axes() {
      return /** @type {any} */ (super.axes().map((axis) => ({ ...axis, size: 0, gap: 0, values: () => [] })));
    }
  };
}

let loading = null;

/**
 * A dashboard that can `begin`; fails with `status` 404 if it is not there for this person.
 * @param {string} key
 */
export async function loadDashboard(key) {
  const ready = (loading ??= loadCharts().catch((error) => { loading = null; throw error; }));
  const board = await getJson(parts.shown.replace("KEY", key));
  await ready;
  return new DockedDashboard(key, board);
}

class DockedDashboard {
  root = cloneTemplate("dock-template");
  titleLink = findElement(this.root, ".dock__title a", HTMLAnchorElement);
  staleBanner = new StaleBanner(this.find("warning"));
  /** @type {Marks} */
  marks = /** @type {any} */ (null); // set by start()
  /** @type {ReturnType<typeof watchFeed>} */
  watched = /** @type {any} */ (null);
  /** @type {HTMLElement[]} */
  figures = [];
  timer = 0;

  /**
   * @param {string} key
   * @param {BoardLayout} board
   */
  constructor(key, board) {
    this.key = key;
    this.board = board;
    /** @type {Panel[]} */
    this.panels = [];
    /** @type {{ button: HTMLElement, value: HTMLElement, series: Series }[]} */
    this.tiles = [];
    /** @type {number | null} */
    this.drawn = null;
  }

  /**
   * What the dock does: close(), choose(button), gone().
   * @param {HTMLElement} place
   * @param {DockCallbacks} callbacks
   */
  start(place, { socket, close, choose, onGone }) {
    this.titleLink.href = parts.board.replace("KEY", this.key);
    this.find("close").addEventListener("click", close);
    this.find("other").addEventListener("click", (/** @type {any} */ { currentTarget }) => choose(currentTarget));
    this.setPanels(this.board);
    place.replaceChildren(this.root);
    shown = this;
    this.marks = new Marks(parts.pins.replace("KEY", this.key), this.find("marks"), () => redraws.onValues());
    this.watched = watchFeed(socket, this.key, {
      onLayout: (layout, columns, indices, shown) => this.buildPanels(layout, columns, indices, shown),
      onTick: () => this.onValues(),
      onPinned: () => this.marks.scheduleLoad(),
      onClosed: onGone,
    });
    this.marks.setRange(() => this.feed.range, true);
    this.timer = setInterval(() => this.feed.ready && this.staleBanner.update(this.feed) && this.onValues(), 1_000);
  }

  get feed() { return this.watched.feed; }

  /** @param {string} name */
  find(name) { return findElement(this.root, `.dock__${name}`, HTMLElement); }

  /** @param {BoardLayout} board */
  setPanels({ title, panels }) {
    this.titleLink.textContent = title;
    for (const old of this.root.querySelectorAll("figure.panel")) old.remove();
    this.board = { title, panels };
    this.figures = panels.map(createFigure);
    this.find("panels").prepend(...this.figures);
  }

  /**
   * The panels for an order of series; they stay when it is the same.
   * @param {number} layout
   * @param {Column[]} columns
   * @param {number[][]} indices
   * @param {BoardLayout | null | undefined} board
   */
  buildPanels(layout, columns, indices, board) {
    if (layout !== this.drawn) {
      this.drawn = layout;
      for (const panel of this.panels) panel.destroy();
      if (board) this.setPanels(board);
      const series = this.figures.map((_, number) => listSeries(columns, indices[number] ?? []));
      this.panels = this.figures.map(
        (figure, number) =>
          new Panel(figure, series[number], this.board.panels[number], {
            zoom() {},
            requestDraw: () => redraws.request(),
            marks: this.marks,
          }),
      );
      this.createTiles(series);
    }
    this.onValues();
  }

  /**
   * The numbers above: of the first panels that have one. Each leads to its panel.
   * @param {Series[][]} series
   */
  createTiles(series) {
    const first = [...series.keys()].filter((number) => series[number].length === 1).slice(0, TILES);
    this.tiles = first.map((number) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "tile" });
      const name = Object.assign(document.createElement("span"), {
        className: "tile__name",
        textContent: this.board.panels[number].title,
      });
      const value = Object.assign(document.createElement("span"), { className: "tile__value num" });
      button.append(name, value);
      button.addEventListener("click", () => this.figures[number].focus());
      return { button, value, series: series[number][0] };
    });
    this.find("tiles").replaceChildren(...(first.length > 1 ? this.tiles.map(({ button }) => button) : []));
  }

  onValues() {
    this.staleBanner.update(this.feed);
    this.root.toggleAttribute("data-stale", this.staleBanner.stale);
    this.root.toggleAttribute("data-live", this.feed.last !== null && !this.staleBanner.stale);
    this.root.dataset.at = this.feed.last ?? "";
    this.find("empty").hidden = this.figures.some((figure) => !figure.hidden);
    for (const { value, series } of this.tiles) this.showValue(value, series);
    redraws.onValues();
  }

  /**
   * The unit is smaller than the number.
   * @param {HTMLElement} place
   * @param {Series} series
   */
  showValue(place, { id, unit }) {
    const [number, ...rest] = formatValue(this.feed.valuesOf(id)?.mean.at(-1), unit).split(/(\s|\/)/);
    place.replaceChildren(number, Object.assign(document.createElement("small"), { textContent: rest.join("") }));
  }

  /** @param {boolean} fresh */
  draw(fresh) {
    if (this.feed.ready) for (const panel of this.panels) panel.draw(this.feed, this.feed, fresh);
  }

  /** How many seconds half a pixel of a chart is. */
  pace() {
    if (!this.feed.ready) return null;
    const [from, to] = this.feed.range;
    return (to - from) / (2 * Math.max(100, ...this.panels.map((panel) => panel.width)));
  }

  end() {
    clearInterval(this.timer);
    this.watched?.end();
    this.marks?.stop();
    for (const panel of this.panels) panel.destroy();
    if (shown === this) shown = null;
  }
}
