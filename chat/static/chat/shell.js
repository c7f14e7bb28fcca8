// Around every page of a signed-in user: the socket, the sidebar, the palette, the keys, the state of the connection.
import { findElement, getElement } from "../myweb/elements.js";
import { urls } from "../myweb/urls.js";
import { createSocket } from "../realtime/socket.js";
import { showUnreadBadge } from "./badge.js";
import { ConnectionState } from "./connection.js";
import { readPageName, startNavigation, visit } from "./navigation.js";
import { me } from "./page.js";
import { bindPanels, startPanels } from "./panels.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";
import { Switcher } from "./switcher.js";

export const socket = createSocket({ user: me.id });
export const sidebar = new Sidebar(getElement("rooms", HTMLElement));
export const connectionState = new ConnectionState(socket);

/**
 * What the shell asks of the page in it. The room page answers without a reload.
 * @type {PageActions}
 */
const page = {
  name: readPageName(),
  people: () => [],
  goToRoom: (id) => void visit(urls.room(id)),
  openDirect: (person) => submitDirect(person),
  stepRoom(by) {
    const { order } = sidebar;
    if (order.length) page.goToRoom(order[by > 0 ? 0 : order.length - 1].id);
  },
  markRead() {},
};

/** @param {number} person */
export function submitDirect(person) {
  const form = getElement("direct-form", HTMLFormElement);
  form.elements.people.value = person;
  form.submit();
}

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

export function paintUnread() {
  showUnreadBadge(sidebar.total, page.name);
  const current = sidebar.current ? (sidebar.getLine(sidebar.current)?.unread ?? 0) : 0;
  for (const button of document.querySelectorAll("[data-toggles=rooms]"))
    button.toggleAttribute("data-unread", sidebar.total - current > 0);
}

const switcher = new Switcher(sidebar, {
  people: () => page.people(),
  go: (id) => page.goToRoom(id),
  write: (person) => page.openDirect(person),
});

/** The view is another: what stands in it belongs to the shell too. */
export function bindView() {
  bindPanels();
  connectionState.bind(getElement("connection", HTMLElement));
  findElement(document, "#view", HTMLElement)
    .querySelector(".tabs__tab[aria-current]")
    ?.scrollIntoView({ block: "nearest", inline: "center" });
  paintUnread();
}

function startShell() {
  startPanels();
  for (const button of document.querySelectorAll("[data-opens=switcher]"))
    button.addEventListener("click", () => switcher.open());
  listenForShortcuts({
    switcher: () => switcher.open(),
    step: (by) => page.stepRoom(by),
    markRead: () => page.markRead(),
  });
  sidebar.addEventListener("change", paintUnread);
  bindView();
  startNavigation(() => {
    page.name = readPageName();
    bindView();
  });
  socket.follow("me", { snapshot: (snapshot) => sidebar.snapshot(snapshot), event: (event) => sidebar.apply(event) });
  socket.start();
}

startShell();
