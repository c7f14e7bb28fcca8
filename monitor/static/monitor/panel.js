// One panel: a chart of some series, their newest values in words, and the same as a table for who does not see charts.
import { t } from "../chat/page.js";
import { clockWithSeconds, format, onAxis, shortName, steps } from "./formats.js";

const COLOURS = ["blue", "green", "violet", "amber", "red", "teal"];
const TABLE_EVERY = 5_000;
const crosshair = window.uPlot.sync("board");

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export class Panel {
  constructor(figure, series, { top }, feed) {
    Object.assign(this, { figure, series, top, feed });
    this.value = figure.querySelector(".panel__value");
    this.place = figure.querySelector(".panel__chart");
    this.figure.hidden = !series.length;
    if (!series.length) return;
    this.unit = series[0].unit;
    this.tableAt = 0;
    this.at = null; // the place of the crosshair
    this.build();
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.place);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => { this.chart.destroy(); this.build(); this.draw(); };
    this.dark.addEventListener("change", this.repaint);
  }

  get colours() {
    const first = COLOURS.indexOf(this.figure.dataset.colour);
    return this.series.map((_, index) => token(COLOURS[(first + index) % COLOURS.length]));
  }

  get size() { return { width: Math.max(120, this.place.clientWidth), height: this.place.clientHeight || 132 }; }

  build() {
    const [rule, faint] = [token("line"), token("faint")];
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: faint, font, ticks: { show: false } };
    const lone = this.series.length === 1;
    this.chart = new window.uPlot({
      ...this.size,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: crosshair.key }, points: { size: 6 }, drag: { x: false, y: false }, y: false },
      scales: { x: { time: true, range: () => this.feed.range }, y: { range: (_, least, most) => this.scale(least, most) } },
      axes: [
        { ...axis, grid: { show: false }, size: 22, space: 52, values: (_, marks) => marks.map((at) => this.mark(at)) },
        { ...axis, grid: { stroke: rule, width: 1 }, size: 60, gap: 6, space: 34, incrs: steps(this.unit), values: (_, marks) => marks.map((value) => onAxis(value, this.unit)) },
      ],
      series: [{}, ...this.series.map((_, index) => {
        const stroke = this.colours[index];
        return { stroke, width: 1.5, points: { show: false }, fill: lone ? `color-mix(in oklab, ${stroke} 13%, transparent)` : undefined };
      })],
      hooks: { setCursor: [(chart) => this.pointed(chart.cursor.idx)] },
    }, [[], ...this.series.map(() => [])], this.place);
  }

  mark(at) { return clockWithSeconds(at).replace(/:00(?=\D*$)/, ""); }

  /** From nought, to the fixed end or a little above the highest value. */
  scale(least, most) {
    if (this.top !== null && this.top !== undefined) return [0, this.top];
    if (least === null || most === null) return [0, 1];
    return [Math.min(0, least * 1.1), most > 0 ? most * 1.15 : 1];
  }

  fit() {
    const { width, height } = this.size;
    if (this.chart.width !== width || this.chart.height !== height) this.chart.setSize({ width, height });
  }

  draw() {
    if (!this.series.length) return;
    this.chart.setData([this.feed.t, ...this.series.map(({ index }) => this.feed.v[index])]);
    this.say();
    if (performance.now() - this.tableAt > TABLE_EVERY) this.tabulate();
  }

  pointed(index) {
    this.at = index ?? null;
    this.say();
  }

  /** The values under the crosshair, else the newest. */
  say() {
    const at = this.at ?? this.feed.t.length - 1;
    const values = this.series.map(({ index }) => this.feed.v[index]?.[at] ?? null);
    const shown = values.length > 3 ? [values.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null)] : values;
    this.value.replaceChildren(...shown.map((value, index) => this.word(value, values.length > 3 ? null : index)));
    this.figure.toggleAttribute("data-pointed", this.at !== null);
  }

  word(value, index) {
    const word = document.createElement("span");
    word.textContent = format(value, this.unit);
    if (this.series.length > 1 && index !== null) {
      word.dataset.colour = COLOURS[(COLOURS.indexOf(this.figure.dataset.colour) + index) % COLOURS.length];
      word.prepend(Object.assign(document.createElement("small"), { textContent: shortName(this.series[index].name) }));
    }
    return word;
  }

  tabulate() {
    this.tableAt = performance.now();
    const row = (tag, cells) => {
      const line = document.createElement("tr");
      line.append(...cells.map((text, index) => Object.assign(document.createElement(index ? tag : "th"), { textContent: text })));
      return line;
    };
    const [head, body] = [this.figure.querySelector("thead"), this.figure.querySelector("tbody")];
    head.replaceChildren(row("th", [t("series"), t("now"), t("least"), t("most")]));
    body.replaceChildren(...this.series.map(({ name, index, unit }) => {
      const values = (this.feed.v[index] ?? []).filter((value) => value !== null);
      return row("td", [name, values.at(-1), Math.min(...values), Math.max(...values)].map((value, place) => (place ? format(values.length ? value : null, unit) : value)));
    }));
  }

  end() {
    if (!this.series.length) return;
    this.watch.disconnect();
    this.dark.removeEventListener("change", this.repaint);
    this.chart.destroy();
  }
}
