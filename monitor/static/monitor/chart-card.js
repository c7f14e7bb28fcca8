// A chart in the conversation: the values that somebody posted, as they were; "Live" shows those of now in their place.
import { card } from "../chat/cards.js";
import { addStrings, language, t } from "../myweb/i18n.js";
import { cardIn, element } from "./check-card.js";
import { idOf } from "./feed.js";
import { watch } from "./feeds.js";
import { formatDuration, formatOnAxis, formatValue } from "../myweb/formats.js";
import { clockWithSeconds, mark, shortNames, words } from "./formats.js";
import { Sparkline } from "./sparkline.js";
import { StaleBanner } from "./trouble.js";

const COLOURS = ["blue", "green", "violet", "amber", "red", "teal"];
const DAY = 86_400;
const address = document.getElementById("chart-card").dataset.dashboard;
addStrings("chart-strings");

const last = (values) => values.findLast((value) => value !== null) ?? null;

function clock(at) {
  const [moment, now] = [new Date(at * 1000), new Date()];
  /** @type {Intl.DateTimeFormatOptions} */
  const day = moment.toDateString() === now.toDateString() ? {} : { day: "numeric", month: "short" };
  /** @type {Intl.DateTimeFormatOptions} */
  const year = moment.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", ...day, ...year }).format(moment);
}

/** The values as they were posted. */
function frozen({ columns, start, step, v, low, high, end, range }) {
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
    newest: v.map(last),
  };
}

/** Those of the last minutes. */
function present(feed, columns) {
  const [from, to] = feed.range;
  const values = columns.map((column) => feed.of(idOf(column))?.mean ?? []);
  const first = Math.max(0, feed.t.findIndex((at) => at >= from) - 1);
  const shown = values.flatMap((each) => each.slice(first)).filter((value) => value !== null);
  return {
    times: feed.t.slice(first),
    values: values.map((each) => each.slice(first)),
    least: Math.min(...shown),
    most: Math.max(...shown),
    from,
    to,
    newest: values.map((each) => each.at(-1) ?? null),
  };
}

class ChartCard {
  /** @type {any} */
  state = null;
  /** @type {any} */
  context = null;
  /** @type {string[]} */
  labels = [];
  /** @type {any} */
  shown = null; // the values that were drawn last
  live = false;
  /** @type {any} */
  watched = null;
  timer = 0;

  constructor() {
    this.root = element("section", "card chart-card");
    this.title = element("strong", "card__title");
    this.note = element("small", "card__note");
    this.value = element("span", "card__value chart-card__values num");
    this.plot = element("div", "chart-card__plot");
    const axisLabel = (name) => element("span", `chart-card__axis chart-card__axis--${name} num`);
    this.high = axisLabel("high");
    this.low = axisLabel("low");
    this.begin = element("span", "num");
    this.end = element("span", "num");
    this.button = Object.assign(element("button", "card__button chart-card__live", t("chart_live")), {
      type: "button",
    });
    this.open = element("a", "card__button", t("chart_open"));
    this.staleBanner = new StaleBanner(element("span", "card__fact chart-card__trouble"));
    this.build();
    this.sight = new IntersectionObserver(([{ isIntersecting }]) => this.look(isIntersecting));
    this.button.addEventListener("click", () => this.turn(!this.live));
    this.turn(false);
  }

  build() {
    const [head, times, foot] = [
      element("header", "card__head"),
      element("div", "chart-card__times"),
      element("footer", "card__foot"),
    ];
    head.append(this.title, " ", this.note, " ", this.value);
    times.append(this.begin, this.end);
    foot.append(this.staleBanner.place, this.button, this.open);
    this.root.append(head, this.plot, times, foot);
  }

  show(state, context) {
    this.state = state;
    this.context = context;
    this.title.textContent = state.title;
    this.labels = shortNames(state.columns.map(({ name }) => name));
    const [from, to] = [state.end - state.range, state.end];
    const board = address.replace("/0/", `/${encodeURIComponent(state.board)}/`);
    this.open.href = `${board}?${new URLSearchParams({ from: String(from), to: String(to) })}`;
    this.draw();
  }

  colour(index) { return COLOURS[(COLOURS.indexOf(this.state.colour ?? "blue") + index) % COLOURS.length]; }

  get unit() { return this.state.columns[0].unit; }

  draw() {
    const shown =
      this.feed?.ready && this.live
        ? present(this.feed, this.state.columns)
        : this.live && this.shown
          ? this.shown
          : frozen(this.state);
    this.shown = shown;
    const low = Number.isFinite(shown.least) ? Math.min(0, shown.least) : 0;
    const high = this.state.top ?? (shown.most > low ? shown.most : low + 1);
    const picture = new Sparkline({
      ...shown,
      low,
      high,
      floor: 1,
      label: `${this.state.title}, ${words(shown.from, shown.to)}: ${this.said(shown)}`,
    });
    for (const share of [1, 0.5]) picture.level(low + (high - low) * share, "spark__grid");
    if (shown.low?.length) picture.band(shown.times, shown.low, shown.high, this.colour(0));
    shown.values.forEach((values, index) =>
      picture.line(shown.times, values, { colour: this.colour(index), area: shown.values.length === 1 }),
    );
    this.high.textContent = formatOnAxis(high, this.unit);
    this.low.textContent = formatOnAxis(low, this.unit);
    this.plot.replaceChildren(picture.svg, this.high, this.low);
    this.say(shown);
  }

  /** The values as they stand in the label of the picture. */
  said({ newest }) {
    return this.state.columns.map(({ name, unit }, index) => `${name} ${formatValue(newest[index], unit)}`).join(", ");
  }

  say({ from, to, newest }) {
    const { state } = this;
    const long = to - from;
    const [begin, end] = this.live
      ? [from, to].map(clockWithSeconds)
      : [from, to].map((at) => (long > 2 * DAY ? mark(at, long) : clock(at)));
    Object.assign(this.begin, { textContent: begin });
    Object.assign(this.end, { textContent: end });
    const some = state.total ? [t("chart_of", { shown: state.columns.length, total: state.total })] : [];
    this.note.textContent = [
      ...some,
      formatDuration(Math.round(this.live ? long : state.range)),
      ...(this.live ? [] : [t("chart_at", { time: clock(state.end) })]),
    ].join(" · ");
    this.note.title = words(from, to);
    this.value.replaceChildren(...newest.map((value, index) => this.word(value, index)));
  }

  word(value, index) {
    const word = element("span", "", formatValue(value, this.state.columns[index].unit));
    if (this.state.columns.length < 2) return word;
    word.dataset.colour = this.colour(index);
    word.prepend(element("small", "", this.labels[index]));
    return word;
  }

  // Live

  turn(live) {
    this.live = live;
    this.button.setAttribute("aria-pressed", String(live));
    this.root.toggleAttribute("data-live", live);
    if (live) this.sight.observe(this.root); // tells at once whether it is on the screen
    else this.rest();
  }

  look(seen) {
    if (seen && this.live) this.follow();
    else this.leave();
  }

  follow() {
    if (this.watched) return;
    const came = () => this.came();
    this.watched = watch(this.context.socket, this.state.board, {
      begun: came,
      came,
      gone: () => this.refuse("chart_hidden"),
    });
    this.timer = setInterval(came, 1_000); // time goes on also when no values come
  }

  came() {
    const { feed } = this;
    if (!feed?.ready || document.visibilityState !== "visible") return;
    if (!this.state.columns.some((column) => feed.of(idOf(column)))) return this.refuse("chart_elsewhere");
    this.staleBanner.show(feed);
    this.root.dataset.at = feed.last;
    this.draw();
  }

  get feed() { return this.watched?.feed; }

  refuse(why) {
    this.turn(false);
    this.context.say(t(why));
  }

  /** It is not on the screen: it follows nothing, and goes on when it is. */
  leave() {
    clearInterval(this.timer);
    this.watched?.end();
    this.watched = null;
  }

  rest() {
    this.sight.disconnect();
    this.leave();
    this.staleBanner = new StaleBanner(this.staleBanner.place);
    this.staleBanner.place.textContent = "";
    delete this.root.dataset.at;
    if (this.state) this.draw();
  }
}

card("chart", (state, place, context) => cardIn(place, () => new ChartCard()).show(state, context));
