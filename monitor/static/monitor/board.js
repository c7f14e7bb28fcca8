// The page of a dashboard: the shell around it, its stream, and the panels that draw what the stream says.
import { me } from "../chat/page.js";
import { t } from "../myweb/i18n.js";
import { createSocket } from "../realtime/socket.js";
import { Advice } from "./advice.js";
import { startShell } from "./around.js";
import { Feed } from "./feed.js";
import { lay, seriesOf } from "./figures.js";
import { RedrawScheduler } from "./glide.js";
import { Marks } from "./marks.js";
import { Panel } from "./panel.js";
import { Past } from "./past.js";
import { poster } from "./post.js";
import { Ranges } from "./ranges.js";
import { StaleBanner } from "./trouble.js";

const board = JSON.parse(document.getElementById("page-board").textContent);
const find = (selector) => document.querySelector(selector);
const socket = createSocket({ user: me.id });
const staleBanner = new StaleBanner(find("#trouble"));
const advice = new Advice(find("#advice"));
let figures = [...document.querySelectorAll("#panels figure.panel")];
let panels = [];
let drawn = null; // the order of series that the panels are built for
let zoomed = false;

const feed = new Feed(socket, board.key, {
  begun(layout, ...order) {
    if (view === feed || !past.ready) return arrange(layout, ...order);
    // the past also shows series that are gone: it has an order of its own
    if ((past.beside ?? layout) !== layout) past.load();
    came();
  },
  came(tick) { if (view === past) past.follow(tick); came(); },
  pinned: () => marks.soon(),
  gone: () => location.assign(find("#panels").dataset.boards),
});
const past = new Past(find("#panels").dataset.history, feed, {
  begun: arrange,
  came: () => came(),
  state: () => say(),
});
/** @type {any} */
let view = feed;
const redraws = new RedrawScheduler(draw, pace);
const marks = new Marks(find("#marks").dataset.pins, find("#marks"), () => redraws.came());
const ranges = new Ranges(
  find("#ranges"),
  () => feed.now,
  (range) => {
    view = range.seconds === 300 ? feed : past;
    if (view === past) past.show(range);
    else past.clear();
    if (view === feed && feed.ready) arrange(...feed.begun);
    marks.over(
      () => (range.seconds ? [feed.now - range.seconds, feed.now] : [range.from, range.to]),
      range.seconds !== null,
    );
    say();
    came();
  },
);

/** The panels for an order of series; they stay when it is the same that came by another way. */
function arrange(layout, columns, indices, shown) {
  if (layout !== drawn && (shown || indices.length === figures.length)) {
    drawn = layout;
    for (const panel of panels) panel.end();
    if (shown) figures = lay(find("#panels"), board, shown);
    panels = figures.map(
      (figure, number) =>
        new Panel(figure, seriesOf(columns, indices[number]), board.panels[number], {
          zoom,
          asked: () => redraws.ask(),
          marks,
        }),
    );
    if (shown && !shown.panels.length) find("#waiting").textContent = t("no_panels");
  }
  came();
}

/** All panels are told what was dragged over one of them; the first is heard. */
function zoom(from, to) {
  if (zoomed) return;
  zoomed = true;
  queueMicrotask(() => { zoomed = false; });
  ranges.zoom(from, to);
}

/** Something is new: a tick, a range, what was read. */
function came() {
  const live = view === feed || past.asked?.seconds;
  staleBanner.show(feed);
  advice.show(feed);
  document.body.toggleAttribute("data-stale", Boolean(staleBanner.stale && live));
  document.body.toggleAttribute("data-loading", !view.ready && panels.length > 0);
  find("#panels").dataset.at = feed.last;
  find("#panels").dataset.shown = view.ready ? (view === feed ? feed.last : past.span.join("-")) : "";
  find("#waiting").hidden = view !== feed || figures.some((figure) => !figure.hidden);
  redraws.came();
}

function draw(fresh) {
  if (!view.ready) return;
  const newest = view === feed || (past.asked.seconds && feed.ready) ? feed : past;
  for (const panel of panels) panel.draw(view, newest, fresh);
}

/** How many seconds half a pixel of the widest chart is. */
function pace() {
  if (!view.ready || (view === past && !past.moves)) return null;
  const [from, to] = view.range;
  return (to - from) / (2 * Math.max(100, ...panels.map((panel) => panel.width)));
}

/** Loading and what went wrong, in words. */
function say() {
  const failed = view === past && past.failed;
  const words = failed
    ? t(`history_${past.failed}`)
    : view === past && past.loading && !past.ready
      ? t("loading")
      : view === past && past.empty
        ? t("history_empty")
        : "";
  find("#said-text").textContent = words;
  find("#said").hidden = !words;
  find("#again").hidden = !failed;
}

find(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
startShell(socket);
poster(find("#board-post"), () => ({ figures, range: view.asked ? view.range : feed.range }));
find("#again").addEventListener("click", () => past.load());
addEventListener("beforeprint", () => {
  for (const panel of panels) panel.print();
});
feed.start();
setInterval(() => staleBanner.show(feed) && came(), 1_000);
socket.start();
