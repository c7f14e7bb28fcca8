// Around every page of a signed-in user: the socket, the sidebar, the palette, the keys, the state of the connection.
import { submitForm } from "../myweb/api.js";
import { findElement, getElement } from "../myweb/elements.js";
import { offlinePage } from "../myweb/offline_store.js";
import { urls } from "../myweb/urls.js";
import { createSocket } from "../realtime/socket.js";
import { ConnectionState } from "./connection.js";
import { readPageName, startNavigation, visit } from "./navigation.js";
import "./notification_settings.js"; // not a file of its own: its parts are all loaded already
import { Notifications } from "./notifications.js";
import "../push/subscription.js";
import { OfflineCopies, reloadWhenBack } from "./offline_copies.js";
import { Outbox } from "./outbox.js";
import { me } from "./page.js";
import { Palette } from "./palette.js";
import { bindPanels, startPanels } from "./panels.js";
import { Recents } from "./recents.js";
import { startInstall } from "./install.js";
import { bindUpdateStrip, startServiceWorker } from "./worker_registration.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";
import { showUnread } from "./unread.js";
import { Uploads } from "./uploads.js";

export const socket = createSocket({ user: me.id });
export const sidebar = new Sidebar(getElement("rooms", HTMLElement));
export const connectionState = new ConnectionState(socket);
export const uploads = new Uploads(me.id, !offlinePage.isOpen);
export const outbox = new Outbox(socket, me.id, uploads);
/** On every page: what was written offline is sent, wherever the user comes back. Resolves with files that are not. */
export const outboxLoaded = outbox.load();
export const offlineCopies = new OfflineCopies(socket, sidebar);
const recents = new Recents(me.id);

/**
 * What the shell asks of the page in it. The room page answers without a reload.
 * @type {PageActions}
 */
const page = {
  name: readPageName(),
  goToRoom: (id) => void visit(urls.room(id)),
  openDirect: (person) => submitDirect(person),
  stepRoom(by) {
    const { order } = sidebar;
    if (order.length) page.goToRoom(order[by > 0 ? 0 : order.length - 1].id);
  },
  markRead() {},
  toggleFavourite() {},
};

/** @param {number} person */
export function submitDirect(person) { submitForm(urls.direct, { people: String(person) }); }

/** @param {Partial<PageActions>} actions */
export function setPageActions(actions) { Object.assign(page, actions); }

/**
 * The name of the page in the tab.
 * @param {string} name
 */
export function setPageName(name) {
  page.name = name;
  paintUnread();
}

function paintUnread() { showUnread(sidebar, page.name); }

const palette = new Palette({ page, recents, sidebar });

/** Rooms change without another view. */
function noteVisit() { recents.add(location.pathname); }

/** The view is another: what stands in it belongs to the shell too. */
export function bindView() {
  bindPanels();
  bindUpdateStrip();
  connectionState.bind(getElement("connection", HTMLElement));
  findElement(document, "#view", HTMLElement)
    .querySelector(".tabs__tab[aria-current]")
    ?.scrollIntoView({ block: "nearest", inline: "center" });
  paintUnread();
}

function onFirstReady() {
  offlineCopies.start();
  startServiceWorker(socket);
}

function startShell() {
  startPanels();
  startInstall();
  for (const button of document.querySelectorAll("[data-opens=palette]"))
    button.addEventListener("click", () => palette.toggle());
  listenForShortcuts({
    palette: () => palette.toggle(),
    step: (by) => page.stepRoom(by),
    markRead: () => page.markRead(),
  });
  sidebar.addEventListener("change", paintUnread);
  sidebar.addEventListener("current", noteVisit);
  bindView();
  noteVisit();
  startNavigation(() => {
    page.name = readPageName();
    bindView();
    noteVisit();
  });
  new Notifications(sidebar);
  socket.follow("me", { snapshot: (snapshot) => sidebar.snapshot(snapshot), event: (event) => sidebar.apply(event) });
  socket.start();
  offlineCopies.listenForEnd();
  if (offlinePage.isOpen) reloadWhenBack(socket, outbox, outboxLoaded);
  else socket.addEventListener("ready", onFirstReady, { once: true });
}

startShell();
