// A dashboard that was stored in this browser, on a page that was opened without a network: its last minutes, still.
import { connectionState } from "../chat/shell.js";
import { getElement } from "../myweb/elements.js";
import { addStrings } from "../myweb/i18n.js";
import { offlinePage } from "../myweb/offline_store.js";
import { Feed } from "./feed.js";
import { createFigure, listSeries } from "./panel_figures.js";
import { Panel } from "./panel.js";

const NO_SOCKET = /** @type {any} */ (null);

/** Its present is the last value. */
class StoredFeed extends Feed {
  get now() { return this.last ?? 0; }
}

/** @param {import("../myweb/offline_store.js").OfflineCopy} copy */
function showStoredBoard({ at, panels: layouts, snapshot }) {
  addStrings("board-strings");
  const feed = new StoredFeed(NO_SOCKET, "", { onLayout() {}, onTick() {} });
  feed.onSnapshot(snapshot);
  /** @type {Panel[]} */
  const panels = layouts.map((/** @type {PanelLayout} */ layout, /** @type {number} */ number) => {
    const figure = createFigure(layout);
    getElement("panels", HTMLElement).append(figure);
    const series = listSeries(snapshot.columns, snapshot.panels[number] ?? []);
    return new Panel(figure, series, { top: layout.top ?? null }, { zoom() {}, requestDraw: draw });
  });
  function draw() {
    for (const panel of panels) panel.draw(feed, feed, true);
  }
  draw();
  connectionState.setStoredAt(at);
}

if (offlinePage.dashboard) showStoredBoard(offlinePage.dashboard);
