// The panels of a draft with the values of the last minutes: the same charts as on the dashboard itself.
import { t } from "../myweb/i18n.js";
import { Feed } from "./feed.js";
import { createFigure, nameFigure, listSeries } from "./panel-figures.js";
import { Panel } from "./panel.js";

const REFRESH_INTERVAL = 2_000; // between two looks at the values
const CHANGE_DELAY = 150; // after a change

export class Preview {
  timer = 0;

  /** `post(text)` asks the server and throws what is wrong; `report(trouble)` takes a sentence, or "". */
  constructor(grid, draft, { post, dress, report }) {
    this.grid = grid;
    this.draft = draft;
    this.post = post;
    this.dress = dress;
    this.report = report;
    this.figures = new Map(); // panel of the draft -> its figure
    this.drawn = new Map(); // panel of the draft -> { mark, chart }
    this.feed = new Feed(null, "", { onLayout() {}, onTick() {} });
    this.lastRequest = 0;
    draft.addEventListener("change", () => { this.updateFigures(); this.scheduleLoad(CHANGE_DELAY); });
    document.addEventListener("visibilitychange", () => this.scheduleLoad(CHANGE_DELAY));
    this.updateFigures();
    this.scheduleLoad(0);
  }

  panelOf(figure) { return [...this.figures].find(([, each]) => each === figure)?.[0] ?? null; }

  updateFigures() {
    for (const [panel, old] of this.figures) {
      if (this.draft.panels.includes(panel)) continue;
      this.removeChart(panel);
      old.remove();
      this.figures.delete(panel);
    }
    this.draft.panels.forEach((panel, place) => {
      const made = this.figures.get(panel) ?? this.addFigure(panel);
      nameFigure(made, panel);
      if (panel.series.length) made.querySelector(".panel__chart").dataset.words = ""; // until the next look
      if (this.grid.children[place] !== made) this.grid.insertBefore(made, this.grid.children[place] ?? null);
    });
  }

  addFigure(panel) {
    const made = this.dress(createFigure(panel), panel);
    made.hidden = false;
    this.figures.set(panel, made);
    return made;
  }

  removeChart(panel) {
    this.drawn.get(panel)?.chart.destroy();
    this.drawn.delete(panel);
  }

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
      if (number === this.lastRequest) this.report(error.text || t("not_now"));
    }
    if (number === this.lastRequest) this.scheduleLoad(REFRESH_INTERVAL);
  }

  draw(panels, snapshot) {
    this.feed.onSnapshot(snapshot);
    panels.forEach((panel, place) => {
      const made = this.figures.get(panel);
      if (made) this.drawPanel(panel, made, listSeries(snapshot.columns, snapshot.panels[place]));
    });
  }

  drawPanel(panel, made, series) {
    const mark = JSON.stringify([series, panel.top, panel.colour]);
    if (this.drawn.get(panel)?.mark !== mark) {
      this.removeChart(panel);
      this.drawn.set(panel, {
        mark,
        chart: new Panel(made, series, { top: panel.top ?? null }, { zoom() {}, requestDraw: () => this.paint(panel) }),
      });
      made.hidden = false;
      made.toggleAttribute("data-empty", !series.length);
      if (!series.length) made.querySelector(".panel__value").replaceChildren();
    }
    if (!series.length)
      made.querySelector(".panel__chart").dataset.words = t(panel.series.length ? "no_values" : "no_series");
    this.paint(panel);
  }

  paint(panel) { if (this.feed.ready) this.drawn.get(panel)?.chart.draw(this.feed, this.feed, true); }
}
