// The chart of response times: an axis, gaps where nothing was measured, outages, and the value under the pointer.
import { getJson } from "../myweb/api.js";
import { createElement, findElement } from "../myweb/elements.js";
import { formatDuration, formatOnAxis } from "../myweb/formats.js";
import { formatAxisTime, formatTimeInRange } from "../metrics/chart_labels.js";
import { Sparkline } from "../metrics/sparkline.js";
import { onView } from "../myweb/view.js";

const REFRESH_INTERVAL = 30_000;
const TIME_MARKS = 4; // between the first and the last
const NICE = [1, 2, 5, 10];

/** @param {number} value */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return (NICE.find((step) => step * power >= value) ?? 10) * power;
}

class CheckChart {
  /** @type {ResponseTimes | null} */
  times = null;
  hours = 24;
  /** @type {(value: number) => string} */
  heightOf = () => "";
  timer = 0;

  /**
   * @param {HTMLElement} root
   * @param {AbortSignal} signal
   */
  constructor(root, signal) {
    this.root = root;
    this.plot = findElement(root, ".check-chart__plot", HTMLElement);
    this.buttons = /** @type {HTMLButtonElement[]} */ ([...root.querySelectorAll("button[data-hours]")]);
    this.tip = createElement("div", "check-chart__tip");
    this.line = createElement("div", "check-chart__line");
    this.dot = createElement("div", "check-chart__dot");
    this.hideTip();
    for (const button of this.buttons)
      button.addEventListener("click", () => this.setRange(Number(button.dataset.hours)));
    this.plot.addEventListener("pointermove", (event) => this.showTip(event.clientX));
    this.plot.addEventListener("pointerleave", () => this.hideTip());
    document.addEventListener("visibilitychange", () => this.load(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
    root.hidden = false;
    this.load();
  }

  /** @param {number} hours */
  setRange(hours) {
    this.hours = hours;
    for (const button of this.buttons)
      button.setAttribute("aria-pressed", String(Number(button.dataset.hours) === hours));
    return this.load();
  }

  async load() {
    clearTimeout(this.timer);
    if (document.visibilityState !== "visible" || !this.root.isConnected) return;
    const { hours } = this;
    try {
      const times = /** @type {ResponseTimes} */ (await getJson(`${this.root.dataset.times}?hours=${hours}`));
      if (hours !== this.hours) return;
      this.times = times;
      this.draw(times);
    } catch {
      if (!this.times) this.plot.textContent = this.root.dataset.failed ?? "";
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), REFRESH_INTERVAL);
  }

  /** @param {ResponseTimes} times */
  draw({ start, end, t, mean, high, down }) {
    const most = Math.max(0, ...high.map((value) => value ?? 0));
    if (!most && !down.length) {
      this.plot.replaceChildren(createElement("p", "empty", this.root.dataset.empty ?? ""));
      return;
    }
    const top = roundUp(most || 1);
    const label = this.root.dataset.label ?? "";
    const picture = new Sparkline({ from: start, to: end, low: 0, high: top, floor: 1, label });
    for (const share of [1, 0.5, 0]) picture.addLevel(top * share, "spark__grid");
    for (const [began, ended] of down) picture.addSpan(began, ended, "check-chart__down");
    picture.addLine(t, mean, { colour: "blue" });
    const levels = createElement("div", "check-chart__levels num");
    const marks = createElement("div", "check-chart__times num");
    this.heightOf = (value) => `${picture.percentOf(value)}%`;
    for (const share of [1, 0.5, 0]) {
      const level = createElement("span", "", formatOnAxis(top * share, "s"));
      level.style.insetBlockStart = this.heightOf(top * share);
      levels.append(level);
    }
    for (let mark = 0; mark <= TIME_MARKS; mark += 1) {
      const at = Math.round((start + ((end - start) * mark) / TIME_MARKS) / 60) * 60;
      marks.append(createElement("span", "", formatAxisTime(at, end - start)));
    }
    const area = createElement("div", "check-chart__area", picture.svg, this.line, this.dot, this.tip);
    this.plot.replaceChildren(levels, area, marks);
  }

  /** @param {number} x */
  showTip(x) {
    const area = this.plot.querySelector(".check-chart__area");
    if (!this.times || !area) return;
    const { start, end, t, mean, down } = this.times;
    const box = area.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (x - box.left) / box.width));
    const at = start + share * (end - start);
    const index = findNearest(t, mean, at);
    const isDown = down.some(([began, ended]) => began <= at && at <= ended);
    if (index < 0 && !isDown) return this.hideTip();
    const value = index < 0 || isDown ? "–" : formatDuration(/** @type {number} */ (mean[index]));
    const moment = isDown || index < 0 ? at : t[index];
    this.tip.textContent = `${value} · ${formatTimeInRange(Math.round(moment), end - start)}`;
    this.line.style.insetInlineStart = `${((moment - start) / (end - start)) * 100}%`;
    this.tip.style.insetInlineStart = `${Math.min(80, Math.max(2, share * 100))}%`;
    this.tip.hidden = this.line.hidden = false;
    this.dot.hidden = isDown || index < 0;
    if (this.dot.hidden) return;
    this.dot.style.insetInlineStart = this.line.style.insetInlineStart;
    this.dot.style.insetBlockStart = this.heightOf(/** @type {number} */ (mean[index]));
  }

  hideTip() { this.tip.hidden = this.line.hidden = this.dot.hidden = true; }
}

/**
 * The index of the value next to a moment; -1 if there is none.
 * @param {number[]} times
 * @param {Value[]} values
 * @param {number} at
 */
function findNearest(times, values, at) {
  let nearest = -1;
  times.forEach((time, index) => {
    if (values[index] === null) return;
    if (nearest < 0 || Math.abs(time - at) < Math.abs(times[nearest] - at)) nearest = index;
  });
  return nearest;
}

onView("#check-chart", (root, signal) => new CheckChart(root, signal));
