// The panels of a draft with the values of the last minutes: the same charts as on the dashboard itself.
import { findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { Feed } from "./feed.js";
import { createFigure, nameFigure, listSeries } from "./panel_figures.js";
import { Panel } from "./panel.js";

const REFRESH_INTERVAL = 2_000; // between two looks at the values
const CHANGE_DELAY = 150; // after a change
const NO_SOCKET = /** @type {any} */ (null); // the feed is filled by requests

export class Preview {
  timer = 0;

  /**
   * `post(text)` asks the server and throws what is wrong; `report(problem)` takes a sentence, or "".
   * @param {HTMLElement} grid
   * @param {Draft} draft
   * @param {PreviewCallbacks} callbacks
   */
  constructor(grid, draft, { post, dress, report }) {
    this.grid = grid;
    this.draft = draft;
    this.post = post;
    this.dress = dress;
    this.report = report;
    /** @type {Map<PanelSpec, HTMLElement>} */
    this.figures = new Map(); // panel of the draft -> its figure
    /** @type {Map<PanelSpec, { mark: string, chart: Panel }>} */
    this.drawn = new Map(); // panel of the draft -> { mark, chart }
    this.feed = new Feed(NO_SOCKET, "", { onLayout() {}, onTick() {} });
    this.lastRequest = 0;
    draft.addEventListener("change", () => { this.updateFigures(); this.scheduleLoad(CHANGE_DELAY); });
    document.addEventListener("visibilitychange", () => this.scheduleLoad(CHANGE_DELAY));
    this.updateFigures();
    this.scheduleLoad(0);
  }

  /** @param {HTMLElement} figure */
  panelOf(figure) { return [...this.figures].find(([, other]) => other === figure)?.[0] ?? null; }

  updateFigures() {
    for (const [panel, old] of this.figures) {
      if (this.draft.panels.includes(panel)) continue;
      this.removeChart(panel);
      old.remove();
      this.figures.delete(panel);
    }
    this.draft.panels.forEach((panel, place) => {
      const figure = this.figures.get(panel) ?? this.addFigure(panel);
      nameFigure(figure, panel);
      // until the next request
      if (panel.series.length) findElement(figure, ".panel__chart", HTMLElement).dataset.words = "";
      if (this.grid.children[place] !== figure) this.grid.insertBefore(figure, this.grid.children[place] ?? null);
    });
  }

  /** @param {PanelSpec} panel */
  addFigure(panel) {
    const figure = this.dress(createFigure(panel), panel);
    figure.hidden = false;
    this.figures.set(panel, figure);
    return figure;
  }

  /** @param {PanelSpec} panel */
  removeChart(panel) {
    this.drawn.get(panel)?.chart.destroy();
    this.drawn.delete(panel);
  }

  /** @param {number} wait */
  scheduleLoad(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), wait);
  }

  async load() {
    if (document.visibilityState !== "visible") return;
    const number = ++this.lastRequest;
    const panels = [...this.draft.panels];
    try {
      const snapshot = await this.post(this.draft.text);
      if (number !== this.lastRequest) return;
      this.report("");
      this.draw(panels, snapshot);
    } catch (error) {
      if (number === this.lastRequest) this.report(/** @type {ApiError} */ (error).text || t("not_now"));
    }
    if (number === this.lastRequest) this.scheduleLoad(REFRESH_INTERVAL);
  }

  /**
   * @param {PanelSpec[]} panels
   * @param {BoardSnapshot} snapshot
   */
  draw(panels, snapshot) {
    this.feed.onSnapshot(snapshot);
    panels.forEach((panel, place) => {
      const figure = this.figures.get(panel);
      if (figure) this.drawPanel(panel, figure, listSeries(snapshot.columns, snapshot.panels[place]));
    });
  }

  /**
   * @param {PanelSpec} panel
   * @param {HTMLElement} figure
   * @param {Series[]} series
   */
  drawPanel(panel, figure, series) {
    const mark = JSON.stringify([series, panel.top, panel.colour]);
    if (this.drawn.get(panel)?.mark !== mark) {
      this.removeChart(panel);
      const callbacks = { zoom() {}, requestDraw: () => this.paint(panel) };
      this.drawn.set(panel, { mark, chart: new Panel(figure, series, { top: panel.top ?? null }, callbacks) });
      figure.hidden = false;
      figure.toggleAttribute("data-empty", !series.length);
      if (!series.length) findElement(figure, ".panel__value", HTMLElement).replaceChildren();
    }
    if (!series.length) {
      const plot = findElement(figure, ".panel__chart", HTMLElement);
      plot.dataset.words = t(panel.series.length ? "no_values" : "no_series");
    }
    this.paint(panel);
  }

  /** @param {PanelSpec} panel */
  paint(panel) { if (this.feed.ready) this.drawn.get(panel)?.chart.draw(this.feed, this.feed, true); }
}
