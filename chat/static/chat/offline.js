// Opens the site without a network: fills the page that the service worker keeps with what this browser has stored, and
// then runs the modules of that page. Nothing that is imported here may need a user.
import { createElement, findElement, getElement } from "../myweb/elements.js";
import { OfflineStore, offlinePage } from "../myweb/offline_store.js";
import { listStyles, loadStyle, showStyles } from "../myweb/styles.js";
import { createTime } from "../myweb/time.js";

/** @import { OfflineCopy, OfflineOwner } from "../myweb/offline_store.js" */

const ROOM_MODULES = ["chat/app.js", "myweb/plugins.js"];
const DASHBOARD_MODULES = ["dashboards/offline_board.js"];
const USER_MODULES = ["chat/shell.js", "status/watching.js", ...ROOM_MODULES, ...DASHBOARD_MODULES];
const ROOM_PARTS =
  ".timeline, .composer, .typing, aside, .bar__sign, .bar__title, .bar__archived, .bar__star, .bar__topic, " +
  ".bar__end > :not(.state)";
const view = getElement("view", HTMLElement);

/**
 * As the server writes it into other pages.
 * @param {string} id
 * @param {unknown} value
 */
function addBlock(id, value) {
  const block = createElement("script", "", JSON.stringify(value));
  block.type = "application/json";
  block.id = id;
  document.body.append(block);
}

/** @param {OfflineOwner} owner */
function setUser({ me, config, epoch }) {
  addBlock("page-me", me);
  addBlock("page-config", { ...config, epoch, first_steps: 0 });
  document.querySelector("meta[name=page-user]")?.setAttribute("content", String(me.id));
  for (const place of document.querySelectorAll("[data-own]")) place.textContent = me[place.dataset.own];
  document.querySelector(".avatar[data-own]")?.classList.add(`avatar--${me.colour}`);
}

/**
 * The copy of the page at this address. The addresses that lead to the last room or dashboard do so here too.
 * @param {OfflineOwner} owner
 * @param {OfflineCopy[]} copies
 */
function findCopy({ kept }, copies) {
  const { pathname } = location;
  const dashboards = document.querySelector("a[data-place=dashboards]")?.getAttribute("href");
  const kind = pathname === "/" ? "room" : pathname === dashboards ? "dashboard" : null;
  const found = kept.find((copy) => (kind ? copy.kind === kind : copy.path === pathname));
  if (found && kind) history.replaceState(null, "", found.path);
  return copies.find(({ key }) => key === found?.key) ?? null;
}

/**
 * The content of a template in the place of the room.
 * @param {string} id
 * @param {string} title
 */
async function showInstead(id, title) {
  const template = getElement(id, HTMLTemplateElement);
  const styles = template.dataset.styles.split(" ");
  await Promise.all(styles.map(loadStyle));
  showStyles([...listStyles(document).filter((href) => !href.includes("chat/room.")), ...styles]);
  for (const part of view.querySelectorAll(ROOM_PARTS)) part.remove();
  const main = findElement(view, "main", HTMLElement);
  main.className = template.dataset.main;
  const skip = findElement(document, ".skip", HTMLAnchorElement);
  skip.textContent = template.dataset.skip;
  skip.href = `#${template.content.firstElementChild?.id}`;
  findElement(main, ".bar__menu", HTMLElement).after(createElement("h1", "bar__title", title));
  findElement(main, ".foot", HTMLElement).before(template.content);
  document.title = `${title} · ${document.title}`;
}

/** @param {OfflineOwner | null} owner */
async function showNone(owner) {
  const template = getElement("offline-none", HTMLTemplateElement);
  await showInstead("offline-none", template.dataset.title);
  findElement(view, owner ? "[data-signed-in=no]" : "[data-signed-in=yes]", HTMLElement).remove();
  const lines = (owner?.kept ?? []).map(({ path, title, at }) => {
    const link = createElement("a", "", title);
    link.href = path;
    return createElement("li", "offline-copy", link, createTime(at, "moment", "quiet num"));
  });
  findElement(view, ".offline-copies", HTMLElement).hidden = !lines.length;
  findElement(view, ".offline-copies ul", HTMLElement).append(...lines);
  if (owner) return;
  for (const part of document.querySelectorAll(".side, .tabbar, .bar__menu")) part.remove();
  document.body.classList.add("app--alone");
  addEventListener("online", () => location.reload());
}

/** @param {string[]} skipped */
async function runModules(skipped) {
  /** @type {NodeListOf<any>} */
  const modules = document.querySelectorAll("link[data-later]");
  for (const { href, dataset } of modules) if (!skipped.includes(dataset.later)) await import(href);
}

async function open() {
  const theme = /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1];
  if (theme) document.documentElement.dataset.theme = theme;
  const stored = await new OfflineStore().read();
  if (!stored) {
    await showNone(null);
    return runModules(USER_MODULES);
  }
  const { owner, copies } = stored;
  const copy = findCopy(owner, copies);
  setUser(owner);
  offlinePage.isOpen = true;
  for (const room of copies) if (room.kind === "room") offlinePage.rooms.set(room.id, room);
  if (copy?.kind === "room") {
    addBlock("page-room", copy.snapshot);
    addBlock("page-room-head", copy.rev);
    return runModules(DASHBOARD_MODULES);
  }
  offlinePage.dashboard = copy;
  if (copy) await showInstead("offline-board", copy.title);
  else await showNone(owner);
  await runModules(copy ? ROOM_MODULES : [...ROOM_MODULES, ...DASHBOARD_MODULES]);
}

open();
