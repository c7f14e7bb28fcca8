// A screen on a wall: some dashboards in turn, full size, by a link. It goes on by itself whatever happens to the
// server.
import { findElement, getElement } from "../myweb/elements.js";
import { onKeydown } from "../myweb/keyboard.js";
import { getJson } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";
import { formatClock } from "../myweb/time.js";
import { createSocket } from "../realtime/socket.js";
import { Feed } from "./feed.js";
import { replaceFigures, listSeries } from "./panel_figures.js";
import { clockWithSeconds } from "../metrics/chart_labels.js";
import { RedrawScheduler } from "./redraw_scheduler.js";
import { Panel } from "./panel.js";
import { StaleBanner } from "./stale_banner.js";

/** @type {{ boards: WallBoard[], every: number, number: number, build: string }} */
const wall = JSON.parse(getElement("page-wall", HTMLElement).textContent);
const { body } = document;
const wantedInterval = Number(new URLSearchParams(location.search).get("every"));
const every = Math.max(5, wantedInterval || wall.every) * 1_000;
const IDLE = 3_000;
const CELL = 1.7; // the width of a panel to its height, as near as can be
// the token is in the cookie by now
if (location.hash) history.replaceState(null, "", location.pathname + location.search);

/** One dashboard. It follows its stream also while another is shown, so that it is there at once. */
class Board {
  /**
   * @param {HTMLElement} section
   * @param {WallBoard} state
   * @param {Socket} socket
   */
  constructor(section, state, socket) {
    this.section = section;
    this.state = state;
    this.key = state.key;
    this.figures = [...section.querySelectorAll(".panel")];
    /** @type {Panel[]} */
    this.panels = [];
    /** @type {Series[][] | null} */
    this.series = null;
    this.staleBanner = new StaleBanner({ textContent: "" });
    this.feed = new Feed(socket, this.key, {
      onLayout: (_layout, columns, indices, shown) => {
        if (shown) this.setTitle(shown);
        this.series = indices.map((places) => listSeries(columns, places));
        this.build();
      },
      onTick: () => this.onValues(),
      onClosed: () => rotation.remove(this),
    });
    this.redraws = new RedrawScheduler((fresh) => this.paint(fresh), () => this.pace());
    this.feed.start();
  }

  get title() { return this.section.dataset.title; }

  /** @param {BoardLayout} shown */
  setTitle(shown) {
    this.figures = replaceFigures(this.section, this.state, shown);
    this.section.dataset.title = shown.title;
    rotation.update();
  }

  build() {
    for (const panel of this.panels) panel.destroy();
    this.panels = [];
    const { series } = this;
    if (!series || this.section.hidden) return;
    this.figures.forEach((figure, number) => { figure.hidden = !series[number].length; });
    this.fitColumns();
    const callbacks = { zoom() {}, requestDraw: () => this.redraws.request() };
    this.panels = this.figures.map(
      (figure, number) => new Panel(figure, series[number], this.state.panels[number], callbacks),
    );
    this.onValues();
  }

  /** As many columns as bring the panels nearest to a good shape. */
  fitColumns() {
    const { clientWidth: width, clientHeight: height } = this.section;
    const cells =
      this.figures.reduce((sum, figure) => sum + (figure.hidden ? 0 : "wide" in figure.dataset ? 2 : 1), 0) || 1;
    /** @param {number} columns */
    const shape = (columns) => {
      const rows = Math.ceil(cells / columns);
      return Math.abs(Math.log((width / columns / height) * rows / CELL)) + (columns * rows - cells) / cells;
    };
    const most = Math.max(1, Math.floor(width / 260));
    const best = Array.from({ length: Math.min(cells, most) }, (_, index) => index + 1).sort(
      (one, other) => shape(one) - shape(other),
    )[0];
    this.section.style.setProperty("--columns", String(best));
  }

  onValues() {
    this.staleBanner.update(this.feed);
    this.section.toggleAttribute("data-stale", this.staleBanner.stale);
    this.section.dataset.at = this.feed.last ?? "";
    if (!this.section.hidden) this.redraws.onValues();
  }

  /** @param {boolean} fresh */
  paint(fresh) {
    if (!this.feed.ready || this.section.hidden) return;
    for (const panel of this.panels) panel.draw(this.feed, this.feed, fresh);
  }

  /** How many seconds half a pixel of the widest chart is. */
  pace() {
    if (!this.feed.ready || this.section.hidden) return null;
    const [from, to] = this.feed.range;
    return (to - from) / (2 * Math.max(100, ...this.panels.map((panel) => panel.width)));
  }

  /** @param {boolean} shown */
  setShown(shown) {
    if (this.section.hidden === !shown) return;
    this.section.hidden = !shown;
    this.build();
  }
}

const rotation = {
  /** @type {Board[]} */
  boards: [],
  timer: 0,
  at: 0,
  get now() { return this.boards[this.at]; },
  advance(/** @type {number} */ by) {
    this.at = (this.at + by + this.boards.length) % Math.max(1, this.boards.length);
    for (const board of this.boards) board.setShown(board === this.now);
    this.update();
    clearTimeout(this.timer);
    if (this.boards.length > 1) this.timer = setTimeout(() => this.advance(1), every);
  },
  remove(/** @type {Board} */ board) {
    this.boards = this.boards.filter((other) => other !== board);
    board.section.remove();
    if (this.boards.length) this.advance(0);
    else location.reload();
  },
  update() {
    getElement("title", HTMLElement).textContent = this.now?.title ?? "";
    const dots = this.boards.length > 1 ? this.boards : [];
    getElement("dots", HTMLElement).replaceChildren(
      ...dots.map((board) =>
        Object.assign(document.createElement("li"), board === this.now ? { className: "now" } : {}),
      ),
    );
  },
};

function onSecond() {
  getElement("clock", HTMLElement).textContent = formatClock(Date.now());
  for (const board of rotation.boards) board.onValues();
  const warning = rotation.now?.staleBanner.place.textContent ?? "";
  const place = getElement("stale-warning", HTMLElement);
  if (place.textContent !== warning) place.textContent = warning;
}

// The connection

const banner = getElement("banner", HTMLElement);
const socket = createSocket({ guest: wall.number });

socket.addEventListener("state", () => {
  const { state, since } = socket;
  body.dataset.state = state;
  const lost = state === "offline" || state === "stopped";
  banner.hidden = !lost;
  if (state === "offline")
    banner.textContent = t("screen_offline", { time: clockWithSeconds(Number(since ?? new Date()) / 1_000) });
  if (state === "stopped") banner.textContent = t("screen_closed");
});

/** After a reconnect: reloads the page if the server has another build. */
async function checkBuild() {
  try {
    const { open, build } = await getJson(body.dataset.now, { cache: "no-store" });
    if (open && build !== wall.build) location.reload();
  } catch { /* the next connection asks again */ }
}

let connections = 0;
socket.addEventListener("ready", () => { if ((connections += 1) > 1) setTimeout(checkBuild, Math.random() * 5_000); });

// The screen

async function requestWakeLock() {
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
  } catch { /* it is low on power, or may not */ }
}

let idle = 0;
function showControls() {
  body.removeAttribute("data-idle");
  clearTimeout(idle);
  idle = setTimeout(() => body.setAttribute("data-idle", ""), IDLE);
}

document.addEventListener("visibilitychange", requestWakeLock);
for (const kind of ["pointermove", "keydown"]) addEventListener(kind, showControls);
onKeydown(window, ({ key }) => {
  if (key === "ArrowRight") rotation.advance(1);
  if (key === "ArrowLeft") rotation.advance(-1);
});
getElement("full", HTMLElement).addEventListener("click", () =>
  document.documentElement.requestFullscreen?.().catch(() => {}),
);
let resized = 0;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(() => rotation.now?.build(), 200); });

rotation.boards = wall.boards.map((state) => {
  const section = findElement(document, `[data-key="${state.key}"]`, HTMLElement);
  return new Board(section, state, socket);
});
rotation.advance(0);
setInterval(onSecond, 1_000);
onSecond();
showControls();
requestWakeLock();
socket.start();
