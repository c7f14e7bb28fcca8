// A chart in the conversation: the values at the time of posting; "Live" shows the present ones instead.
import { getCardAt, registerCard } from "../chat/cards.js";
import { createElement, getElement } from "../myweb/elements.js";
import { addStrings, t, tNodes } from "../myweb/i18n.js";
import { seriesId } from "./feed.js";
import { watchFeed } from "./feeds.js";
import { formatDuration, formatOnAxis, formatValue } from "../myweb/formats.js";
import { clockWithSeconds, formatAxisTime, formatRange, labelSeries } from "../metrics/chart_labels.js";
import { createTime } from "../myweb/time.js";
import { Sparkline } from "../metrics/sparkline.js";
import { StaleBanner } from "./stale_banner.js";

const COLOURS = ["blue", "green", "violet", "amber", "red", "teal"];
const DAY = 86_400;
const address = getElement("chart-card", HTMLElement).dataset.dashboard;
addStrings("chart-strings");

/** @param {Value[]} values */
const findLastValue = (values) => values.findLast((value) => value !== null) ?? null;

/**
 * The values as they were posted.
 * @param {ChartCardState} state
 */
function readPosted({ columns, start, step, v, low, high, end, range }) {
  const times = v[0].map((_, index) => start + index * step);
  return {
    times,
    values: v,
    low,
    high,
    least: Math.min(...columns.map(({ least }) => least)),
    most: Math.max(...columns.map(({ most }) => most)),
    from: end - range,
    to: end,
    newest: v.map(findLastValue),
  };
}

/**
 * Those of the last minutes.
 * @param {Feed} feed
 * @param {Column[]} columns
 */
function readLive(feed, columns) {
  const [from, to] = feed.range;
  const values = columns.map((column) => feed.valuesOf(seriesId(column))?.mean ?? []);
  const first = Math.max(0, feed.t.findIndex((at) => at >= from) - 1);
  const shown = values.flatMap((column) => column.slice(first)).filter((value) => value !== null);
  return {
    times: feed.t.slice(first),
    values: values.map((column) => column.slice(first)),
    least: Math.min(...shown),
    most: Math.max(...shown),
    from,
    to,
    newest: values.map((column) => column.at(-1) ?? null),
  };
}

class ChartCard {
  /** @type {ChartCardState} */
  state = /** @type {any} */ (null); // set by setState()
  /** @type {CardContext} */
  context = /** @type {any} */ (null);
  /** @type {string[]} */
  labels = [];
  /** @type {ChartValues | null} */
  shown = null; // the values that were drawn last
  live = false;
  /** @type {ReturnType<typeof watchFeed> | null} */
  watched = null;
  timer = 0;

  constructor() {
    this.root = createElement("section", "card chart-card");
    this.title = createElement("strong", "card__title");
    this.note = createElement("small", "card__note");
    this.value = createElement("span", "card__value chart-card__values num");
    this.plot = createElement("div", "chart-card__plot");
    /** @param {string} name */
    const axisLabel = (name) => createElement("span", `chart-card__axis chart-card__axis--${name} num`);
    this.high = axisLabel("high");
    this.low = axisLabel("low");
    this.begin = createElement("span", "num");
    this.end = createElement("span", "num");
    this.button = Object.assign(createElement("button", "card__button chart-card__live", t("chart_live")), {
      type: "button",
    });
    this.open = createElement("a", "card__button", t("chart_open"));
    this.warning = createElement("span", "card__fact chart-card__warning");
    this.staleBanner = new StaleBanner(this.warning);
    this.build();
    this.observer = new IntersectionObserver(([{ isIntersecting }]) => this.onVisibility(isIntersecting));
    this.button.addEventListener("click", () => this.setLive(!this.live));
    this.setLive(false);
  }

  build() {
    const [head, times, foot] = [
      createElement("header", "card__head"),
      createElement("div", "chart-card__times"),
      createElement("footer", "card__foot"),
    ];
    head.append(this.title, " ", this.note, " ", this.value);
    times.append(this.begin, this.end);
    foot.append(this.warning, this.button, this.open);
    this.root.append(head, this.plot, times, foot);
  }

  /**
   * @param {ChartCardState} state
   * @param {CardContext} context
   */
  setState(state, context) {
    this.state = state;
    this.context = context;
    this.title.textContent = state.title;
    this.labels = labelSeries(state.columns.map((column) => ({ id: seriesId(column), name: column.name })));
    const [from, to] = [state.end - state.range, state.end];
    const board = address.replace("/0/", `/${encodeURIComponent(state.board)}/`);
    this.open.href = `${board}?${new URLSearchParams({ from: String(from), to: String(to) })}`;
    this.redraw();
  }

  /** @param {number} index */
  colourOf(index) { return COLOURS[(COLOURS.indexOf(this.state.colour ?? "blue") + index) % COLOURS.length]; }

  get unit() { return this.state.columns[0].unit; }

  redraw() {
    /** @type {ChartValues} */
    const shown =
      this.feed?.ready && this.live
        ? readLive(this.feed, this.state.columns)
        : this.live && this.shown
          ? this.shown
          : readPosted(this.state);
    this.shown = shown;
    const low = Number.isFinite(shown.least) ? Math.min(0, shown.least) : 0;
    const high = this.state.top ?? (shown.most > low ? shown.most : low + 1);
    const picture = new Sparkline({
      ...shown,
      low,
      high,
      floor: 1,
      label: `${this.state.title}, ${formatRange(shown.from, shown.to)}: ${this.describeValues(shown)}`,
    });
    for (const share of [1, 0.5]) picture.addLevel(low + (high - low) * share, "spark__grid");
    if (shown.low?.length && shown.high) picture.addBand(shown.times, shown.low, shown.high, this.colourOf(0));
    shown.values.forEach((values, index) =>
      picture.addLine(shown.times, values, { colour: this.colourOf(index), area: shown.values.length === 1 }),
    );
    this.high.textContent = formatOnAxis(high, this.unit);
    this.low.textContent = formatOnAxis(low, this.unit);
    this.plot.replaceChildren(picture.svg, this.high, this.low);
    this.showTexts(shown);
  }

  /**
   * The values as they stand in the label of the picture.
   * @param {ChartValues} values
   */
  describeValues({ newest }) {
    return this.state.columns.map(({ name, unit }, index) => `${name} ${formatValue(newest[index], unit)}`).join(", ");
  }

  /** @param {ChartValues} values */
  showTexts({ from, to, newest }) {
    const { state } = this;
    const long = to - from;
    const [begin, end] = this.live
      ? [from, to].map(clockWithSeconds)
      : [from, to].map((at) => (long > 2 * DAY ? formatAxisTime(at, long) : createTime(at * 1_000, "moment")));
    this.begin.replaceChildren(begin);
    this.end.replaceChildren(end);
    const some = state.total ? [t("chart_of", { shown: state.columns.length, total: state.total })] : [];
    const known = [...some, formatDuration(Math.round(this.live ? long : state.range))].join(" · ");
    const at = createTime(state.end * 1_000, "moment");
    this.note.replaceChildren(known, ...(this.live ? [] : [" · ", ...tNodes("chart_at", { time: at })]));
    this.note.title = formatRange(from, to);
    this.value.replaceChildren(...newest.map((value, index) => this.createValue(value, index)));
  }

  /**
   * @param {Value} value
   * @param {number} index
   */
  createValue(value, index) {
    const word = createElement("span", "", formatValue(value, this.state.columns[index].unit));
    if (this.state.columns.length < 2) return word;
    word.dataset.colour = this.colourOf(index);
    word.prepend(createElement("small", "", this.labels[index]));
    return word;
  }

  // Live

  /** @param {boolean} live */
  setLive(live) {
    this.live = live;
    this.button.setAttribute("aria-pressed", String(live));
    this.root.toggleAttribute("data-live", live);
    if (live) this.observer.observe(this.root); // tells at once whether it is on the screen
    else this.freeze();
  }

  /** @param {boolean} seen */
  onVisibility(seen) {
    if (seen && this.live) this.follow();
    else this.unfollow();
  }

  follow() {
    if (this.watched) return;
    const onTick = () => this.onTick();
    this.watched = watchFeed(this.context.socket, this.state.board, {
      onLayout: onTick,
      onTick,
      onClosed: () => this.stopLive("chart_hidden"),
    });
    this.timer = setInterval(onTick, 1_000); // time goes on also when no values come
  }

  onTick() {
    const { feed } = this;
    if (!feed?.ready || document.visibilityState !== "visible") return;
    if (!this.state.columns.some((column) => feed.valuesOf(seriesId(column)))) return this.stopLive("chart_elsewhere");
    this.staleBanner.update(feed);
    this.root.dataset.at = String(feed.last);
    this.redraw();
  }

  get feed() { return this.watched?.feed; }

  /** @param {string} why */
  stopLive(why) {
    this.setLive(false);
    this.context.showToast(t(why));
  }

  /** It is not on the screen: it follows nothing, and goes on when it is. */
  unfollow() {
    clearInterval(this.timer);
    this.watched?.end();
    this.watched = null;
  }

  freeze() {
    this.observer.disconnect();
    this.unfollow();
    this.staleBanner = new StaleBanner(this.warning);
    this.warning.textContent = "";
    delete this.root.dataset.at;
    if (this.state) this.redraw();
  }
}

registerCard("chart", (state, place, context) => getCardAt(place, () => new ChartCard()).setState(state, context));
