// Small charts as SVG, for cards: lines, what lies under them or between two, levels and marks. They take the width of
// their place.
const [WIDTH, HEIGHT, PADDING] = [300, 72, 8]; // the picture's own units; ROOM is left above and below
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, any>} attributes
 */
function createSvgElement(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  return element;
}

/** @param {number[][]} points */
const formatPoints = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

export class Sparkline {
  /**
   * Times `from` one `to` another, values from `low` to `high`; `floor` is how much is left free below.
   * @param {SparklineOptions} options
   */
  constructor({ from, to, low, high, label, floor = PADDING }) {
    this.from = from;
    this.to = to;
    this.low = low;
    this.high = high;
    this.floor = floor;
    this.svg = createSvgElement("svg", {
      class: "spark",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    });
  }

  /** @param {number} at */
  xOf(at) { return ((at - this.from) / (this.to - this.from || 1)) * WIDTH; }

  /** @param {number} value */
  yOf(value) {
    return HEIGHT - this.floor - ((value - this.low) / (this.high - this.low || 1)) * (HEIGHT - PADDING - this.floor);
  }

  /**
   * From the top, in percent: for what is drawn over the picture.
   * @param {number} value
   */
  percentOf(value) { return (this.yOf(value) / HEIGHT) * 100; }

  /**
   * Runs of [x, y…] without a hole: no line goes through what was not measured.
   * @param {number[]} times
   * @param {...Value[]} lists
   */
  splitRuns(times, ...lists) {
    /** @type {number[][][]} */
    const runs = [[]];
    times.forEach((at, index) => {
      if (lists.some((values) => (values[index] ?? null) === null)) runs.push([]);
      else runs[runs.length - 1].push([this.xOf(at), ...lists.map((values) => this.yOf(values[index] ?? 0))]);
    });
    return runs
      .filter((run) => run.length)
      .map((run) => (run.length > 1 ? run : [run[0], [run[0][0] + 1, ...run[0].slice(1)]]));
  }

  /**
   * `colour` is one of tokens.css, else that of the card.
   * @param {number[]} times
   * @param {(number | null)[]} values
   * @param {{ colour?: string, area?: boolean }} options
   */
  addLine(times, values, { colour, area = true } = {}) {
    for (const run of this.splitRuns(times, values)) {
      if (area)
        this.append("polygon", {
          class: "spark__area",
          "data-colour": colour,
          points: formatPoints([[run[0][0], HEIGHT], ...run, [run[run.length - 1][0], HEIGHT]]),
        });
      this.append("polyline", { class: "spark__line", "data-colour": colour, points: formatPoints(run) });
    }
  }

  /**
   * What lies between the lowest and the highest values.
   * @param {number[]} times
   * @param {Value[]} low
   * @param {Value[]} high
   * @param {string} colour
   */
  addBand(times, low, high, colour) {
    for (const run of this.splitRuns(times, low, high)) {
      const back = run.map(([x, , y]) => [x, y]).reverse();
      this.append("polygon", { class: "spark__band", "data-colour": colour, points: formatPoints([...run, ...back]) });
    }
  }

  /**
   * @param {number} value
   * @param {string} name
   */
  addLevel(value, name) {
    const y = this.yOf(value).toFixed(1);
    this.append("line", { class: name, x1: 0, x2: WIDTH, y1: y, y2: y });
  }

  /**
   * Where something happened, if that can be seen.
   * @param {number} at
   * @param {string} name
   */
  addMark(at, name) {
    if (at <= this.from || at >= this.to) return;
    const x = this.xOf(at).toFixed(1);
    this.append("line", { class: name, x1: x, x2: x, y1: 0, y2: HEIGHT });
  }

  /**
   * From one moment to another.
   * @param {number} from
   * @param {number} to
   * @param {string} name
   */
  addSpan(from, to, name) {
    const [begin, end] = [from, to].map((at) => Math.min(WIDTH, Math.max(0, this.xOf(at))));
    this.append("rect", {
      class: name,
      x: begin.toFixed(1),
      y: 0,
      width: Math.max(1, end - begin).toFixed(1),
      height: HEIGHT,
    });
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} attributes
   */
  append(name, attributes) { this.svg.append(createSvgElement(name, attributes)); }
}
