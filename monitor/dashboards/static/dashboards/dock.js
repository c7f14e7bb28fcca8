// A dashboard beside the conversation: the button, the choice, and what is docked where. docked.js draws; it is loaded
// when it is wanted.
import { getElement } from "../myweb/elements.js";
import { onRoomChange, roomPage } from "../chat/room_page.js";
import { onKeydown } from "../myweb/keyboard.js";
import { cloneTemplate } from "../chat/page.js";
import { addStrings, t } from "../myweb/i18n.js";
import { parseRoomUrl } from "../myweb/urls.js";
import { sidePanel } from "../chat/panels.js";
import { local } from "../chat/storage.js";
import { DashboardChooser } from "./dock_chooser.js";

addStrings("board-strings");
const place = getElement("side-panel", HTMLElement);
const button = cloneTemplate("dock-button");
const chooser = new DashboardChooser((key) => dockDashboard(key));
let room = 0; // the one that is on the page
/** @type {Awaited<ReturnType<typeof import("./docked.js").loadDashboard>> | null} */
let docked = null; // what stands at the side
let turn = 0; // grows with each choice: what loads for an earlier one is not shown

/** @param {number} id */
const readDocked = (id) => local.getJson(`dock.${id}`) ?? { key: null, open: false };
/**
 * @param {number} id
 * @param {Partial<DockState>} what
 */
const saveDocked = (id, what) => local.setJson(`dock.${id}`, { ...readDocked(id), ...what });

/** @param {string} key */
async function showDashboard(key) {
  const mine = (turn += 1);
  if (docked?.key === key) return sidePanel.show(true);
  clearPlace();
  sidePanel.show(true);
  try {
    const { loadDashboard } = await import("./docked.js");
    const dashboard = await loadDashboard(key);
    if (mine !== turn) return;
    docked = dashboard;
    /** @param {HTMLElement} from */
    const chooseOther = (from) => chooser.open(room, key, from);
    docked.start(place, { socket: roomPage.socket, close: undock, choose: chooseOther, onGone });
  } catch (error) {
    if (mine === turn) onError(/** @type {ApiError} */ (error));
  }
}

/** Nothing at the side follows anything. */
function clearPlace() {
  docked?.end();
  docked = null;
  place.replaceChildren();
}

function hideDock() {
  turn += 1;
  clearPlace();
  sidePanel.show(false);
}

function onGone() {
  saveDocked(room, { key: null, open: false });
  hideDock();
  roomPage.showToast(t("dock_gone"));
}

/** @param {ApiError} error */
function onError(error) {
  if (error.status === 404) return onGone();
  hideDock();
  roomPage.showToast(t("not_now"));
}

/** @param {string} key */
function dockDashboard(key) {
  saveDocked(room, { key, open: true });
  showDashboard(key);
}

function undock() {
  saveDocked(room, { open: false });
  hideDock();
  button.focus();
}

function toggleDock() {
  const { key } = readDocked(room);
  if (sidePanel.shown) undock();
  else if (key) dockDashboard(key);
  else chooser.open(room, key, button);
}

/** Shows what was docked in this room, unless it would cover the conversation. */
function restoreDock() {
  const { key, open } = readDocked(room);
  if (key && open && !sidePanel.overlays) showDashboard(key);
  else hideDock();
}

/**
 * Of an address with ?dock=.
 * @param {string} address
 */
const dockInUrl = (address) => new URL(address, location.href).searchParams.get("dock");

function openFromUrl() {
  const key = dockInUrl(location.href);
  if (!key) return restoreDock();
  const url = new URL(location.href);
  url.searchParams.delete("dock");
  history.replaceState(history.state, "", url);
  dockDashboard(key);
}

/**
 * A link to a room with a dashboard beside it; the page itself goes to the room.
 * @param {any} event
 */
function followLink(event) {
  const link = event.target.closest("a[href]");
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const to = link && plain && parseRoomUrl(link.href);
  const key = to && dockInUrl(link.href);
  if (!key) return;
  saveDocked(to.id, { key, open: true });
  if (to.id === room || sidePanel.overlays) queueMicrotask(() => to.id === room && showDashboard(key));
}

place.setAttribute("aria-label", button.getAttribute("aria-label") ?? "");
place.addEventListener("shown", (/** @type {any} */ { detail: shown }) => {
  button.setAttribute("aria-expanded", String(shown));
  if (shown) return;
  turn += 1;
  if (docked && !sidePanel.overlays) saveDocked(room, { open: false }); // the people came in its place
  clearPlace();
});
place.addEventListener("fit", restoreDock);
onKeydown(place, (event) => {
  if (event.key !== "Escape" || event.target?.closest("[data-pointed]")) return;
  event.stopPropagation();
  undock();
}, true);
button.addEventListener("click", toggleDock);
getElement("bar-plugins", HTMLElement).append(button);
document.addEventListener("click", followLink, true);
onRoomChange((id) => {
  const first = room === 0;
  room = id ?? 0;
  (first ? openFromUrl : restoreDock)();
});
