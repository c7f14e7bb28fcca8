// The site's frame around a page of the monitor.
import { findElement, getElement } from "../myweb/elements.js";
import { showUnreadBadge } from "../chat/badge.js";
import { ConnectionState } from "../chat/connection.js";
import { listenForShortcuts } from "../chat/shortcuts.js";
import { urls } from "../myweb/urls.js";
import { startPanels as drawers } from "../chat/panels.js";
import { Sidebar } from "../chat/sidebar.js";
import { Switcher } from "../chat/switcher.js";

/** @param {string} selector */
const find = (selector) => document.querySelector(selector);

/**
 * The sidebar, its keys and the state of the connection around a page of the monitor.
 * @param {Socket} socket
 */
export function startShell(socket) {
  const sidebar = new Sidebar(getElement("rooms", HTMLElement));
  /** @param {number} id */
  const go = (id) => location.assign(urls.room(id));
  /** @param {number} person */
  const write = (person) => {
    const form = getElement("direct-form", HTMLFormElement);
    form.elements.people.value = person;
    form.submit();
  };
  const switcher = new Switcher(sidebar, { people: () => [], go, write });
  /** @param {number} by */
  const step = (by) => { const { order } = sidebar; if (order.length) go(order[by > 0 ? 0 : order.length - 1].id); };
  const name = document.title.split(" · ")[0];
  const paint = () => {
    showUnreadBadge(sidebar.total, name);
    findElement(document, "[data-toggles=rooms]", HTMLElement).toggleAttribute("data-unread", sidebar.total > 0);
  };
  sidebar.addEventListener("change", paint);
  for (const button of document.querySelectorAll("[data-opens=switcher]"))
    button.addEventListener("click", () => switcher.open());
  listenForShortcuts({ switcher: () => switcher.open(), step, markRead: () => {} });
  drawers();
  find(".tabs__tab[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  paint();
  socket.follow("me", { snapshot: (snapshot) => sidebar.snapshot(snapshot), event: (event) => sidebar.apply(event) });
  new ConnectionState(getElement("connection", HTMLElement), socket);
}
