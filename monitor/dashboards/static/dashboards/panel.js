// One panel: a chart of some series, their values in words, and the same as a table for who does not see charts.
import { findElement } from "../myweb/elements.js";
import { isComposing } from "../myweb/keyboard.js";
import { t } from "../myweb/i18n.js";
import { formatOnAxis, formatValue } from "../myweb/formats.js";
import {
  TIME_STEPS,
  formatAxisTime,
  formatTimeInRange,
  labelSeries,
  listSteps,
  sampleAxisTimes,
} from "../metrics/chart_labels.js";
import { TABLE_EVERY, fillTable } from "./table.js";

const COLOURS = ["blue", "green", "violet", "amber", "red", "teal"];
const MAX_VALUES = 3; // series whose values are all shown
const MAX_TIGHT = 3; // of the steps of board.css: short names, no names, only the highest value
const crosshair = window.uPlot.sync("board");

/**
 * The colour of a token as a canvas knows it: a pair of light and dark is resolved by its use alone.
 * @param {string} name
 */
function readToken(name) {
  const { style } = colourSample;
  style.color = `var(--${name})`;
  if (!colourSample.isConnected) document.body.append(colourSample);
  return getComputedStyle(colourSample).color;
}
const colourSample = Object.assign(document.createElement("span"), { hidden: true });
const measureContext = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
/**
 * @param {string} colour
 * @param {number} percent
 */
const tintColour = (colour, percent) => `color-mix(in oklab, ${colour} ${percent}%, transparent)`;

/**
 * Where a value has none beside it, so that no line leads to it.
 * @param {Value[]} values
 */
const findIsolated = (values) =>
  [...values.keys()].filter(
    (at) => values[at] !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null,
  );

const SCHEMES = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"];

export class Panel {
  /** @type {any} */
  chart = null;
  /** @type {SeriesView} */
  view = /** @type {any} */ (null); // set by draw()
  /** @type {SeriesView} */
  newest = /** @type {any} */ (null);
  /** @type {number | null} */
  version = null; // of the values that were drawn last
  /** @type {SeriesView["span"] | null} */
  tabled = null; // the span of the table
  font = "";
  /** @type {string[]} */
  units = []; // each has a scale of its own
  /** @type {string[]} */
  labels = [];
  tableAt = 0;
  /** @type {number | null} */
  at = null; // the place of the crosshair
  tight = 0; // of the steps of board.css
  measured = ""; // the lengths of the texts that were measured last
  roomOf = 0; // the width that `tight` belongs to
  /** @type {ResizeObserver | null} */
  resizeObserver = null;
  /** @type {IntersectionObserver | null} */
  visibilityObserver = null;
  /** @type {MediaQueryList[]} */
  schemes = [];
  repaint = () => { this.chart.destroy(); this.build(); this.isOutdated = true; this.requestDraw(); };
  /** @type {(event: KeyboardEvent) => void} */
  onKeydown = (event) => void (isComposing(event) || this.onKey(event));
  onBlur = () => this.hideCursor();

  /**
   * `zoom(from, to)` is called after a selection, `requestDraw()` when the panel comes into view and must be drawn;
   * `marks` stand on the time axis.
   * @param {HTMLElement} figure
   * @param {Series[]} series
   * @param {{ top?: Value }} options
   * @param {PanelCallbacks} callbacks
   */
  constructor(figure, series, { top }, { zoom, requestDraw, marks = null }) {
    this.figure = figure;
    this.series = series;
    this.top = top;
    this.zoom = zoom;
    this.requestDraw = requestDraw;
    this.marks = marks;
    this.value = findElement(figure, ".panel__value", HTMLElement);
    this.note = findElement(figure, ".panel__note", HTMLElement);
    this.place = findElement(figure, ".panel__chart", HTMLElement);
    this.title = findElement(figure, ".panel__title", HTMLElement);
    this.head = /** @type {HTMLElement} */ (this.value.parentElement);
    this.figure.hidden = !series.length && !figure.hasAttribute("data-empty");
    if (!series.length) return;
    this.usualNote = figure.dataset.note ?? (figure.dataset.note = this.note.textContent);
    this.units = [...new Set(series.map(({ unit }) => unit))];
    this.labels = labelSeries(series);
    this.resetTightness();
    this.inSight = false;
    this.isOutdated = true; // there is something that was not drawn
    this.build();
    this.observe();
  }

  observe() {
    this.resizeObserver = new ResizeObserver(() => this.resize());
    this.resizeObserver.observe(this.place);
    this.visibilityObserver = new IntersectionObserver(([{ isIntersecting }]) => {
      this.inSight = isIntersecting;
      if (isIntersecting) this.requestDraw();
    });
    this.visibilityObserver.observe(this.figure);
    this.schemes = SCHEMES.map((scheme) => matchMedia(scheme));
    for (const scheme of this.schemes) scheme.addEventListener("change", this.repaint);
    addEventListener("theme-changed", this.repaint);
    this.figure.addEventListener("keydown", this.onKeydown);
    this.figure.addEventListener("blur", this.onBlur);
  }

  get colours() {
    const first = COLOURS.indexOf(this.figure.dataset.colour);
    return this.series.map((_, index) => readToken(COLOURS[(first + index) % COLOURS.length]));
  }

  get size() { return { width: Math.max(120, this.place.clientWidth), height: this.place.clientHeight || 132 }; }

  get padding() { return [8, 12, 0, 0]; }

  get width() { return this.chart ? this.chart.bbox.width : 0; } // in the screen's own pixels

  build() {
    const count = this.series.length;
    const colours = this.colours;
    this.chart = new window.uPlot(
      {
        ...this.size,
        padding: this.padding,
        legend: { show: false },
        cursor: {
          sync: { key: crosshair.key },
          points: {
            size: 6,
            /** @type {(chart: Chart, index: number) => false | undefined} */
            show: (_, index) => (index <= count ? undefined : false),
          },
          drag: { x: true, y: false, setScale: false, dist: 6 },
          y: false,
        },
        scales: {
          x: { time: true, range: () => this.view?.range ?? [0, 1] },
          ...Object.fromEntries(
            this.units.map((unit, place) => [
              this.axisOf(unit),
              {
                /** @type {(chart: Chart, least: Value, most: Value) => [number, number]} */
                range: (_, least, most) => this.scale(least, most, place),
              },
            ]),
          ),
        },
        axes: this.axes(),
        series: [
          {},
          ...colours.map((stroke, index) => ({
            stroke,
            scale: this.axisOf(this.series[index].unit),
            width: 1.5,
            pxAlign: 0,
            points: {
              show: true,
              size: 3,
              width: 0,
              fill: stroke,
              /** @type {(chart: Chart, index: number) => number[]} */
              filter: (chart, index) => findIsolated(chart.data[index]),
            },
            fill: count === 1 ? tintColour(stroke, 13) : undefined,
          })),
          ...[...this.series, ...this.series].map(({ unit }) => ({
            stroke: "transparent",
            scale: this.axisOf(unit),
            width: 0,
            pxAlign: 0,
            points: { show: false },
          })),
        ],
        bands: colours.map((colour, index) => ({
          series: [1 + 2 * count + index, 1 + count + index],
          fill: tintColour(colour, 22),
        })),
        hooks: {
          setCursor: [(/** @type {Chart} */ chart) => this.onCursor(chart.cursor.idx)],
          setSelect: [(/** @type {Chart} */ chart) => this.onSelect(chart)],
          draw: [(/** @type {Chart} */ chart) => this.marks?.positionLinks(chart)],
        },
      },
      [[], ...Array.from({ length: 3 * count }, () => [])],
      this.place,
    );
  }

  axes() {
    const points = Number.parseFloat(getComputedStyle(this.place).fontSize);
    const by = points / 11;
    this.font = `${points}px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: readToken("faint"), font: this.font, ticks: { show: false } };
    const grid = { stroke: readToken("line"), width: 1 };
    return [
      {
        ...axis,
        grid: { show: false },
        size: 22 * by,
        incrs: TIME_STEPS,
        /** @type {(chart: Chart, axis: number, min: number, max: number, room: number) => number} */
        space: (_, axis, min, max, room) => this.spaceBetweenMarks(max - min, room),
        /** @type {(chart: Chart, marks: number[]) => string[]} */
        values: (chart, marks) => marks.map((at) => this.formatMark(chart, at)),
      },
      ...this.units
        .slice(0, 2)
        .map((unit, place) => ({
          ...axis,
          scale: this.axisOf(unit),
          side: place ? 1 : 3,
          grid: place ? { show: false } : grid,
          /** @type {(chart: Chart, texts: string[]) => number} */
          size: (_, texts) => this.axisSize(texts, 60 * by),
          gap: 6,
          space: 34 * by,
          incrs: listSteps(unit),
          /** @type {(chart: Chart, marks: number[]) => string[]} */
          values: (_, marks) => marks.map((value) => formatOnAxis(value, unit)),
        })),
    ];
  }

  /** @param {string} unit */
  axisOf(unit) { return `y${this.units.indexOf(unit) || ""}`; }

  /**
   * As wide as its longest text.
   * @param {string[]} texts
   * @param {number} least
   */
  axisSize(texts, least) {
    return Math.max(least, ...(texts ?? []).map((text) => Math.ceil(this.measureText(text ?? "")) + 10));
  }

  /**
   * How wide a text on an axis is, in CSS pixels.
   * @param {string} text
   */
  measureText(text) {
    measureContext.font = this.font;
    return measureContext.measureText(text).width;
  }

  /**
   * What each mark of the time needs. Seconds are shown only where they fit.
   * @param {number} long
   * @param {number} room
   */
  spaceBetweenMarks(long, room) {
    const [usual, withSeconds] = sampleAxisTimes(long).map(
      (texts) => Math.max(0, ...texts.map((text) => this.measureText(text))) + 14,
    );
    const half = (30 * room) / long; // of a minute, in pixels
    if (half < usual) return usual;
    return half < withSeconds ? half + 1 : withSeconds;
  }

  /**
   * None where half of it would be cut off at the end.
   * @param {Chart} chart
   * @param {number} at
   */
  formatMark(chart, at) {
    const { min, max } = chart.scales.x;
    const text = formatAxisTime(at, max - min);
    const room = (max - at) / (max - min) * (this.width / devicePixelRatio) + this.padding[1];
    return room < this.measureText(text) / 2 + 4 ? "" : text;
  }

  /**
   * From 0 to the fixed end or a little above the highest value.
   * @param {Value} least
   * @param {Value} most
   * @param {number} place
   * @returns {[number, number]}
   */
  scale(least, most, place) {
    if (!place && this.top !== null && this.top !== undefined) return [0, this.top];
    if (least === null || most === null) return [0, 1];
    return [Math.min(0, least * 1.1), most > 0 ? most * 1.15 : 1];
  }

  resize() {
    const { width, height } = this.size;
    if (this.roomOf !== width) this.resetTightness();
    if (this.chart.width !== width || this.chart.height !== height) this.chart.setSize({ width, height });
  }

  /**
   * `newest` has the values that are shown as text; `fresh`: they may have changed, else only the time has gone on.
   * @param {SeriesView} view
   * @param {SeriesView} newest
   * @param {boolean} fresh
   */
  draw(view, newest, fresh) {
    if (!this.series.length) return;
    this.isOutdated ||= view !== this.view || view.version !== this.version;
    this.view = view;
    this.newest = newest;
    this.version = view.version;
    if (fresh) this.updateTexts();
    if (!this.inSight) return;
    const [min, max] = view.range;
    if (this.isOutdated) this.setData();
    else if (max !== this.chart.scales.x.max) this.chart.setScale("x", { min, max });
  }

  /** Draws what has not come into sight so far: on paper every panel is seen. */
  drawHidden() {
    if (this.view && this.isOutdated) this.setData();
  }

  setData() {
    this.isOutdated = false;
    const nothing = Array(this.view.t.length).fill(null);
    const missing = { mean: nothing, low: nothing, high: nothing };
    const values = this.series.map(({ id }) => this.view.valuesOf(id) ?? missing);
    /** @param {keyof SeriesValues} kind */
    const lists = (kind) => values.map((series) => series[kind]);
    this.chart.setData([this.view.t, ...lists("mean"), ...lists("low"), ...lists("high")]);
  }

  updateTexts() {
    this.showValues();
    if (performance.now() - this.tableAt < TABLE_EVERY && this.tabled === this.view.span) return;
    this.tableAt = performance.now();
    this.tabled = this.view.span;
    fillTable(findElement(this.figure, "table", HTMLTableElement), this.series, this.view);
  }

  /** @param {number | null | undefined} index */
  onCursor(index) {
    this.at = index ?? null;
    if (this.view) this.showValues();
  }

  /** @param {Chart} chart */
  onSelect({ select, posToVal }) {
    if (select.width < 6) return;
    const [from, to] = [select.left, select.left + select.width].map((at) => posToVal(at, "x"));
    this.chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom(from, to);
  }

  /** The values under the crosshair and its time, else the newest. */
  showValues() {
    const at = this.at !== null && this.at < this.view.t.length ? this.at : null;
    const values = this.series.map(({ id }) =>
      at === null ? this.newestValue(id) : (this.view.valuesOf(id)?.mean[at] ?? null),
    );
    this.setValues(values, at);
    while (this.tight < MAX_TIGHT && this.overflows()) {
      this.figure.dataset.tight = this.tight += 1;
      if (this.tight === MAX_TIGHT) this.setValues(values, at);
    }
    this.figure.toggleAttribute("data-pointed", at !== null);
    this.note.textContent =
      at === null ? this.usualNote : formatTimeInRange(this.view.t[at], this.view.range[1] - this.view.range[0]);
  }

  /**
   * @param {Value[]} values
   * @param {number | null} at
   */
  setValues(values, at) {
    const many = values.length > MAX_VALUES || this.tight === MAX_TIGHT;
    const alike = values.filter((_, index) => this.series[index].unit === this.units[0]);
    const shown = many
      ? [alike.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null)]
      : values;
    this.value.replaceChildren(...shown.map((value, index) => this.createValue(value, many ? null : index)));
    if (values.length === 1 && at !== null) this.value.prepend(...this.createSpread(at));
  }

  /** The values may take all the room again; called when there is another amount of it. */
  resetTightness() {
    this.tight = 0;
    this.roomOf = this.size.width;
    this.measured = "";
    delete this.figure.dataset.tight;
    if (this.view) this.showValues();
  }

  /** Whether the values leave the title too little. It is measured only for texts of another length. */
  overflows() {
    const mark = `${this.tight} ${this.value.textContent.length} ${this.title.textContent.length}`;
    if (mark === this.measured) return false;
    this.measured = mark;
    const { paddingInlineStart, columnGap, flexWrap } = getComputedStyle(this.head);
    if (flexWrap === "wrap") return false; // they have a row of their own
    const [edge, gap] = [paddingInlineStart, columnGap].map((size) => Number.parseFloat(size) || 0);
    const room = this.head.clientWidth - 2 * (edge + gap) - this.title.scrollWidth;
    return this.head.clientWidth > 0 && this.value.offsetWidth > room;
  }

  /** @param {string} id */
  newestValue(id) { return this.newest.valuesOf(id)?.mean.at(-1) ?? null; }

  /**
   * Of a time in which there were several values: between what they were.
   * @param {number} at
   */
  createSpread(at) {
    const { low, high } = this.view.valuesOf(this.series[0].id) ?? {};
    if (!low || !high || low[at] === null || low[at] === high[at]) return [];
    const [least, most] = [low[at], high[at]].map((value) => formatValue(value, this.units[0]));
    return [
      Object.assign(document.createElement("small"), { textContent: t("between", { low: least, high: most }) }),
    ];
  }

  /**
   * @param {Value} value
   * @param {number | null} index
   */
  createValue(value, index) {
    const word = document.createElement("span");
    word.textContent = formatValue(value, this.series[index ?? 0].unit);
    if (this.series.length > 1 && index !== null) {
      word.dataset.colour = COLOURS[(COLOURS.indexOf(this.figure.dataset.colour) + index) % COLOURS.length];
      word.prepend(Object.assign(document.createElement("small"), { textContent: this.labels[index] }));
    }
    return word;
  }

  /**
   * Arrows move the crosshair, Enter zooms in around it, Escape leaves.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.target !== this.figure || event.altKey || event.ctrlKey || event.metaKey) return;
    if (by) this.moveCursor(by * (event.shiftKey ? 10 : 1));
    else if (event.key === "Enter" && this.at !== null) this.zoomIn();
    else if (event.key === "Escape") this.hideCursor();
    else return;
    event.preventDefault();
  }

  /** @param {number} by */
  moveCursor(by) {
    const { t: times } = this.view;
    if (!times.length) return;
    const at = Math.min(times.length - 1, Math.max(0, (this.at ?? times.length) + by));
    this.setCursor({ left: this.chart.valToPos(times[at], "x"), top: 10 });
  }

  zoomIn() {
    const [from, to] = this.view.range;
    const at = this.view.t[this.at ?? 0];
    this.zoom(at - (to - from) / 4, at + (to - from) / 4);
  }

  hideCursor() { this.setCursor({ left: -10, top: -10 }); }

  /**
   * In all panels.
   * @param {{ left: number, top: number }} place
   */
  setCursor(place) { this.chart.setCursor(place, true, true); }

  destroy() {
    if (!this.series.length) return;
    this.resizeObserver?.disconnect();
    this.visibilityObserver?.disconnect();
    for (const scheme of this.schemes) scheme.removeEventListener("change", this.repaint);
    removeEventListener("theme-changed", this.repaint);
    this.figure.removeEventListener("keydown", this.onKeydown);
    this.figure.removeEventListener("blur", this.onBlur);
    this.chart.destroy();
  }
}
