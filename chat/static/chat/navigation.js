// From page to page without a reload: the server makes the page, and what stands in #view is put in place. The socket,
// the sidebar and the room that was left stay. Without scripts links are links.
import { addStrings } from "../myweb/i18n.js";
import { getElement } from "../myweb/elements.js";
import { offlinePage } from "../myweb/offline_store.js";
import { listStyles, loadStyle, showStyles } from "../myweb/styles.js";
import { parseRoomUrl } from "../myweb/urls.js";
import { beginView, endView } from "../myweb/view.js";
import { fetchPage } from "../myweb/api.js";
import { config } from "./page.js";
import { closeDrawers } from "./panels.js";

/** @typedef {{ knows(id: number): boolean, enter(id: number, at: number | null): void, leave(): void }} RoomPage */
/** @typedef {{ index: number, name: string, value: string, checked: boolean }} TypedField */
/** @typedef {{ scroll: number, typed: TypedField[] }} LeftPage how far it was scrolled; what was typed and not sent */
/** @typedef {{ push?: boolean, left?: LeftPage, focus?: boolean }} VisitOptions */

const view = getElement("view", HTMLElement);
/** @type {RoomPage | null} */
let roomPage = null; // once a room was shown
/** @type {{ nodes: Node[], styles: string[] } | null} */
let keptRoom = null; // what was in the view, while another page is
let onShown = () => {};
let turn = 0; // grows with each visit: what loads for an earlier one is not shown
let shownPath = location.pathname;
/** @type {Map<number, LeftPage>} */
const leftPages = new Map(); // by entry of the history
let entry = history.state?.entry ?? 0; // of the history, that is shown
let entries = entry;

const findScroller = () => document.getElementById("content") ?? document.getElementById("panels");
/** @param {string} title */
const withoutWorkspace = (title) => title.replace(` · ${config.workspace}`, "");

/** @param {RoomPage} page */
export function setRoomPage(page) { roomPage = page; }

export const isRoomAway = () => keptRoom !== null;

/** Pages whose unsaved work a reload would warn about, and those that a link or form leaves. */
const staysOnLeaving = () => !view.querySelector("[data-own-page]");

/** @param {string} href */
function pushEntry(href) {
  if (href === location.href) return;
  history.pushState({ entry: (entries += 1) }, "", href);
}

function leaveEntry() { leftPages.set(entry, { scroll: findScroller()?.scrollTop ?? 0, typed: readTyped() }); }

const TYPED_FIELDS = "input:not([type=hidden], [type=password], [type=file]), select:not([multiple]), textarea";
/** @returns {any[]} */
const listFields = () => [...view.querySelectorAll(`form[method=post] :is(${TYPED_FIELDS})`)];

/**
 * The value of these stays the same: "on", unless the page says another.
 * @param {any} field
 */
const canBeChecked = ({ type }) => type === "checkbox" || type === "radio";

/** @param {any} field */
function isTyped(field) {
  if (field.options?.length === 0) return false; // its options come later
  if (field.options)
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  return canBeChecked(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

/** Whether a form of the page has something that was typed and not sent. A room keeps its drafts by itself. */
export const hasTyped = () => !view.querySelector("main.talk") && listFields().some(isTyped);

const readTyped = () =>
  listFields()
    .map((field, index) => ({ field, index }))
    .filter(({ field }) => isTyped(field))
    .map(({ field: { name, value, checked }, index }) => ({ index, name, value, checked }));

/** @param {TypedField[]} typed */
function restoreTyped(typed) {
  const fields = listFields();
  for (const { index, name, value, checked } of typed) {
    const field = fields[index];
    if (field?.name !== name) continue;
    if (canBeChecked(field)) field.checked = checked;
    else field.value = value;
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
  }
}

/**
 * Shows the page at an address of this site.
 * @param {string} href
 * @param {VisitOptions} options
 */
export async function visit(href, options = {}) {
  const { push = true } = options;
  const url = new URL(href, location.href);
  if (!staysOnLeaving()) return location.assign(url.href);
  const mine = (turn += 1);
  closeDrawers();
  for (const menu of document.querySelectorAll(":popover-open")) menu.hidePopover();
  if (enterRoom(url.href, push)) return;
  try {
    const response = await fetchPage(url.href);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine !== turn) return;
    if (enterRoom(response.url, push)) return;
    if (!canShow(page)) return location.assign(url.href);
    await loadStyles(page);
    if (mine !== turn) return;
    leaveEntry();
    if (push) pushEntry(response.url + url.hash);
    await showPage(page, options);
  } catch {
    if (mine === turn) location.assign(url.href);
  }
}

/**
 * A room comes without a request once one was shown.
 * @param {string} href
 * @param {boolean} push
 */
function enterRoom(href, push) {
  const place = parseRoomUrl(href);
  if (!place || !roomPage?.knows(place.id)) return false;
  leaveEntry();
  if (push) pushEntry(href);
  if (keptRoom) {
    endView();
    view.replaceChildren(...keptRoom.nodes);
    showStyles(keptRoom.styles);
    keptRoom = null;
    onShown();
    markPlace("rooms");
  }
  setShown();
  roomPage.enter(place.id, place.at);
  return true;
}

function setShown() {
  shownPath = location.pathname;
  entry = history.state?.entry ?? 0;
}

/** @param {Document} page */
function canShow(page) {
  const theirs = JSON.parse(page.getElementById("page-config")?.textContent ?? "null");
  const isSecondRoom = roomPage && page.querySelector("main.talk"); // one that the sidebar does not know
  return (
    !offlinePage.isOpen &&
    page.getElementById("view") &&
    theirs?.build === config.build &&
    !isSecondRoom &&
    !page.querySelector("[data-own-page]")
  );
}

/**
 * The panels of a dashboard are hidden until they have values. It is scrolled then, unless the user scrolled first.
 * Panels that come later above would move it: the browser keeps what is visible in its place, until the user scrolls.
 * @param {HTMLElement} scroller
 * @param {number} top
 */
function restoreScroll(scroller, top) {
  const scroll = () => {
    scroller.scrollTop = top;
    if (scroller.scrollTop > top - 1) observer.disconnect();
  };
  const stop = () => {
    observer.disconnect();
    scroller.style.overflowAnchor = "";
  };
  const observer = new MutationObserver(scroll);
  scroller.style.overflowAnchor = top ? "none" : "";
  observer.observe(scroller, { attributeFilter: ["hidden"], childList: true, subtree: true });
  for (const type of ["wheel", "pointerdown", "keydown"])
    scroller.addEventListener(type, stop, { once: true, passive: true });
  scroll();
}

/**
 * What is in the view, and the scripts that start in it.
 * @param {Document} page
 * @param {VisitOptions} options
 */
async function showPage(page, { left, focus = true }) {
  const fresh = /** @type {HTMLElement} */ (page.getElementById("view"));
  const scripts = [...page.querySelectorAll("script[src]")].map((script) => /** @type {any} */ (script));
  for (const script of fresh.querySelectorAll("script[src]")) script.remove();
  leaveView();
  showStyles(listStyles(page));
  view.replaceChildren(...document.adoptNode(fresh).childNodes);
  if (page.querySelector("#parts template")) addParts(page);
  copyAttributes(page);
  addStrings("view-strings");
  document.title = page.title;
  setShown();
  onShown();
  const scroller = findScroller();
  if (scroller) restoreScroll(scroller, left?.scroll ?? 0);
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target) target.scrollIntoView();
  else if (focus) focusHeading();
  beginView();
  const mine = turn;
  await loadScripts(scripts);
  if (left && mine === turn) restoreTyped(left.typed);
}

/** The room stays as it was, to come back to; anything else is gone. */
function leaveView() {
  if (roomPage && !keptRoom && view.querySelector("main.talk")) {
    roomPage.leave();
    keptRoom = { nodes: [...view.childNodes], styles: listStyles(document) };
  } else endView();
}

/**
 * Templates and dialogs of rooms: they come once and stay.
 * @param {Document} page
 */
function addParts(page) {
  const parts = getElement("parts", HTMLElement);
  const fresh = /** @type {HTMLElement} */ (page.getElementById("parts"));
  for (const element of fresh.querySelectorAll("script[src], link")) element.remove();
  parts.append(...document.adoptNode(fresh).childNodes);
}

/** @param {Document} page */
function copyAttributes(page) {
  const skip = document.querySelector(".skip");
  skip?.setAttribute("href", page.querySelector(".skip")?.getAttribute("href") ?? "#view");
  markPlace(page.querySelector(".side [data-place][aria-current]")?.dataset.place ?? null);
}

/** @param {string | null} name */
function markPlace(name) {
  for (const link of document.querySelectorAll("[data-place]"))
    if (link.dataset.place === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
}

function focusHeading() {
  const heading = view.querySelector("h1") ?? findScroller();
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

/** @param {Document} page */
async function loadStyles(page) {
  for (const link of page.querySelectorAll("link[rel=modulepreload]"))
    if (!document.querySelector(`link[href="${link.getAttribute("href")}"]`))
      document.head.append(document.importNode(link));
  await Promise.all(listStyles(page).map(loadStyle));
}

/**
 * In their order; a module that has run before begins again by onView().
 * @param {any[]} scripts
 */
async function loadScripts(scripts) {
  for (const script of scripts) {
    const src = new URL(script.getAttribute("src"), location.href).href;
    if (script.type === "module") await import(src);
    else if (![...document.scripts].some((known) => known.src === src)) await loadClassicScript(src);
  }
}

/** @param {string} src */
const loadClassicScript = (src) =>
  new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src, onload: done, onerror: failed });
    document.head.append(script);
  });

/** @param {any} event */
function followLink(event) {
  const link = event.target.closest("a[href]");
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href, location.href);
  const isHere = url.pathname === location.pathname && url.search === location.search;
  if (url.origin !== location.origin || (isHere && url.hash) || url.pathname.startsWith("/admin/")) return;
  event.preventDefault();
  visit(url.href);
}

/** @param {any} event */
function submitSearch(event) {
  const { target: form, submitter } = event;
  const method = submitter?.formMethod || form.method;
  if (method !== "get" || event.defaultPrevented || form.target) return;
  event.preventDefault();
  const url = new URL(form.action);
  url.search = String(new URLSearchParams(/** @type {any} */ (new FormData(form, submitter))));
  url.hash = "";
  visit(url.href);
}

/** @param {PopStateEvent} event */
function onPopState({ state }) {
  const ownsHistory = view.querySelector("[data-own-history]");
  if (location.pathname === shownPath && (ownsHistory || (!parseRoomUrl(location.href) && location.hash))) return;
  visit(location.href, { push: false, left: leftPages.get(state?.entry ?? 0), focus: false });
}

/** @param {() => void} shown called whenever another page is in the view */
export function startNavigation(shown) {
  onShown = () => { shown(); };
  document.addEventListener("click", followLink);
  document.addEventListener("submit", submitSearch);
  addEventListener("popstate", onPopState);
}

/** The name of the page that the server made. */
export const readPageName = () => withoutWorkspace(document.title).replace(/^\(\d+\+?\) /, "");
