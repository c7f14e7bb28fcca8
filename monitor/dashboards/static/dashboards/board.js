// The page of a dashboard: the shell around it, its stream, and the panels that draw what the stream says.
import { getElement } from "../myweb/elements.js";
import { visit } from "../chat/navigation.js";
import { socket } from "../chat/shell.js";
import { t } from "../myweb/i18n.js";
import { onView } from "../myweb/view.js";
import { Advice } from "./worker_advice.js";
import { Feed } from "./feed.js";
import { replaceFigures, listSeries } from "./panel_figures.js";
import { RedrawScheduler } from "./redraw_scheduler.js";
import { Marks } from "./marks.js";
import { Panel } from "./panel.js";
import { SeriesHistory } from "./series_history.js";
import { startPostForm } from "./post.js";
import { Ranges } from "./ranges.js";
import { StaleBanner } from "./stale_banner.js";

/**
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 */
function startBoard(place, signal) {
  const board = JSON.parse(getElement("page-board", HTMLElement).textContent);
  /** @param {string} selector */
  const find = (selector) => document.querySelector(selector);
  const staleBanner = new StaleBanner(getElement("stale-warning", HTMLElement));
  const advice = new Advice(find("#advice"));
  let figures = [...document.querySelectorAll("#panels figure.panel")];
  /** @type {Panel[]} */
  let panels = [];
  /** @type {number | null} */
  let drawnLayout = null; // the order of series that the panels are built for
  let hasZoomed = false;

  const feed = new Feed(socket, board.key, {
    onLayout(layout, columns, indices, shown) {
      if (view === feed || !seriesHistory.ready) return buildPanels(layout, columns, indices, shown);
      // history also shows series that are gone: it has an order of its own
      if ((seriesHistory.feedLayout ?? layout) !== layout) seriesHistory.load();
      onValues();
    },
    onTick(tick) { if (view === seriesHistory) seriesHistory.onTick(tick); onValues(); },
    onPinned: () => marks.scheduleLoad(),
    onClosed: () => void visit(place.dataset.boards),
  });
  const seriesHistory = new SeriesHistory(place.dataset.history, feed, {
    onLayout: buildPanels,
    onValues: () => onValues(),
    onState: () => showMessage(),
  }, signal);
  /** @type {Feed | SeriesHistory} */
  let view = feed;
  const redraws = new RedrawScheduler(drawPanels, secondsPerStep);
  const refreshPostForm = startPostForm(find("#board-post"), () => ({ figures, range: view.range }));
  const markList = getElement("marks", HTMLElement);
  const marks = new Marks(markList.dataset.pins, markList, () => redraws.onValues());
  const ranges = new Ranges(
    getElement("ranges", HTMLElement),
    () => feed.now,
    (range) => {
      view = range.seconds === 300 ? feed : seriesHistory;
      if (view === seriesHistory) seriesHistory.setRange(range);
      else seriesHistory.clear();
      if (view === feed && feed.ready) buildPanels(...feed.layoutArguments);
      marks.setRange(
        () => (range.seconds ? [feed.now - range.seconds, feed.now] : [range.from ?? 0, range.to ?? 0]),
        range.seconds !== null,
      );
      showMessage();
      onValues();
    },
    signal,
  );

  /**
   * The panels for an order of series; they stay when it is the same that came by another way.
   * @param {number} layout
   * @param {Column[]} columns
   * @param {number[][]} indices
   * @param {BoardLayout | null | undefined} shown
   */
  function buildPanels(layout, columns, indices, shown) {
    if (layout !== drawnLayout && (shown || indices.length === figures.length)) {
      drawnLayout = layout;
      for (const panel of panels) panel.destroy();
      if (shown) figures = replaceFigures(place, board, shown);
      panels = figures.map(
        (figure, number) =>
          new Panel(figure, listSeries(columns, indices[number]), board.panels[number], {
            zoom: zoomAll,
            requestDraw: () => redraws.request(),
            marks,
          }),
      );
      if (shown && !shown.panels.length) getElement("waiting", HTMLElement).textContent = t("no_panels");
    }
    onValues();
  }

  /**
   * Every panel reports a selection that was dragged in one of them; only the first report counts.
   * @param {number} from
   * @param {number} to
   */
  function zoomAll(from, to) {
    if (hasZoomed) return;
    hasZoomed = true;
    queueMicrotask(() => { hasZoomed = false; });
    ranges.zoom(from, to);
  }

  /** Something is new: a tick, a range, what was read. */
  function onValues() {
    const live = view === feed || seriesHistory.wanted?.seconds;
    staleBanner.update(feed);
    advice.update(feed);
    document.body.toggleAttribute("data-stale", Boolean(staleBanner.stale && live));
    document.body.toggleAttribute("data-loading", !view.ready && panels.length > 0);
    place.dataset.at = feed.last;
    place.dataset.shown = view.ready ? (view === feed ? feed.last : seriesHistory.span.join("-")) : "";
    getElement("waiting", HTMLElement).hidden = view !== feed || figures.some((figure) => !figure.hidden);
    refreshPostForm();
    redraws.onValues();
  }

  /** @param {boolean} fresh */
  function drawPanels(fresh) {
    if (!view.ready) return;
    const newest = view === feed || (seriesHistory.wanted.seconds && feed.ready) ? feed : seriesHistory;
    for (const panel of panels) panel.draw(view, newest, fresh);
  }

  /** How many seconds half a pixel of the widest chart is. */
  function secondsPerStep() {
    if (!view.ready || (view === seriesHistory && !seriesHistory.moves)) return null;
    const [from, to] = view.range;
    return (to - from) / (2 * Math.max(100, ...panels.map((panel) => panel.width)));
  }

  /** Loading and what went wrong, in words. */
  function showMessage() {
    const failed = view === seriesHistory && seriesHistory.failed;
    const words = failed
      ? t(`history_${seriesHistory.failed}`)
      : view === seriesHistory && seriesHistory.loading && !seriesHistory.ready
        ? t("loading")
        : view === seriesHistory && seriesHistory.empty
          ? t("history_empty")
          : "";
    getElement("range-message-text", HTMLElement).textContent = words;
    getElement("range-message", HTMLElement).hidden = !words;
    getElement("retry", HTMLElement).hidden = !failed;
  }

  find(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  getElement("retry", HTMLElement).addEventListener("click", () => seriesHistory.load());
  addEventListener("beforeprint", () => {
    for (const panel of panels) panel.drawHidden();
  }, { signal });
  feed.start();
  const timer = setInterval(() => staleBanner.update(feed) && onValues(), 1_000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    feed.stop();
    seriesHistory.clear();
    marks.stop();
    redraws.stop();
    for (const panel of panels) panel.destroy();
    for (const state of ["data-stale", "data-loading"]) document.body.removeAttribute(state);
  });
}

onView("#panels[data-history]", startBoard);
