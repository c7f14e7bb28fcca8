// Refreshes the parts of the pages of checks while they are visible. The server renders them.
import { onKeydown } from "../myweb/keyboard.js";
import { isTextField } from "../chat/page.js";
import { showToast } from "../myweb/toast.js";
import { getDocument, postJson } from "../myweb/api.js";
import { getElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { paintTimes } from "../myweb/time.js";
import { onView } from "../myweb/view.js";

const INTERVAL = 5_000;
const FIRST_INTERVAL = 400; // until the first result of a new check is there
const FIRST_PERIOD = 15_000; // since the page was opened
const SEARCH_DELAY = 250;
let timer = 0;

/** @param {Element} part */
const isInUse = (part) => part.querySelector("details[open]") !== null;

/** @param {Document} page */
function replaceParts(page) {
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) paintTimes(fresh);
    if (!fresh || fresh.isEqualNode(part) || isInUse(part)) continue;
    const focused = part.contains(document.activeElement) ? describeControl(document.activeElement) : "";
    part.replaceWith(document.adoptNode(fresh));
    if (focused) /** @type {HTMLElement | null} */ (fresh.querySelector(focused))?.focus({ preventScroll: true });
  }
}

/**
 * A selector that finds the same link or button in the fresh part.
 * @param {Element | null} control
 */
function describeControl(control) {
  const name = ["href", "aria-label"].find((attribute) => control?.hasAttribute(attribute));
  return name ? `[${name}="${CSS.escape(control?.getAttribute(name) ?? "")}"]` : "";
}

/**
 * Whether the first result of a new check is awaited. Without a collector it never comes.
 * @param {number} openedAt
 */
const isWaiting = (openedAt) =>
  document.querySelector("[data-waiting]") !== null && performance.now() - openedAt < FIRST_PERIOD;

/** @param {number} openedAt when the page came, as performance.now() has it */
async function refreshParts(openedAt) {
  clearTimeout(timer);
  const { href } = location;
  try {
    if (document.visibilityState === "visible") {
      const page = await getDocument(href);
      if (href === location.href) replaceParts(page);
    }
  } catch {
    // The next refresh tries again.
  } finally {
    clearTimeout(timer);
    if (document.querySelector("[data-refresh]"))
      timer = setTimeout(() => refreshParts(openedAt), isWaiting(openedAt) ? FIRST_INTERVAL : INTERVAL);
  }
}

/** @param {HTMLFormElement} form */
function applyFilter(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) query.set(name, String(value));
  history.replaceState(history.state, "", `${location.pathname}?${query}`);
  return refreshParts(0);
}

onView("#check-filter", (/** @type {HTMLFormElement} */ filter) => {
  let delay = 0;
  filter.addEventListener("input", () => {
    clearTimeout(delay);
    delay = setTimeout(() => applyFilter(filter), SEARCH_DELAY);
  });
  filter.addEventListener("submit", (event) => {
    event.preventDefault();
    applyFilter(filter);
  });
});

/**
 * A single key, while no field has the focus and nothing is open.
 * @param {string} key
 * @param {AbortSignal} signal
 * @param {() => void} act
 */
function onSingleKey(key, signal, act) {
  onKeydown(document, (/** @type {KeyboardEvent} */ event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (event.key.toLowerCase() !== key || !isPlain || isTextField(event.target)) return;
    if (document.querySelector("dialog[open], [popover]:popover-open")) return;
    event.preventDefault();
    act();
  }, { signal });
}

onView("#check-search", (/** @type {HTMLInputElement} */ field, signal) =>
  onSingleKey("/", signal, () => field.focus()));

onView("#check-pause", (_part, signal) => {
  onSingleKey("p", signal, () =>
    /** @type {HTMLElement | null} */ (document.querySelector("#check-pause button"))?.click());
});

/**
 * Says what was done, or why not. The page shows it at once.
 * @param {string} url
 * @param {FormData} fields
 */
async function submitPause(url, fields) {
  try {
    const { text = "", undo = "" } = await postJson(url, fields);
    if (text) showToast(text, () => submitPause(undo, fields));
    await refreshParts(0);
  } catch (error) {
    showToast(/** @type {ApiError} */ (error).text || t("not_now"), null);
  }
}

/** @param {HTMLElement} button of a check in the list */
function openPauseMenu(button) {
  const menu = getElement("pause-menu", HTMLFormElement);
  menu.action = button.dataset.pause ?? "";
  menu.showPopover();
  const { top, bottom, right } = button.getBoundingClientRect();
  const hasRoom = bottom + menu.offsetHeight < innerHeight;
  menu.style.insetBlockStart = `${hasRoom ? bottom : Math.max(0, top - menu.offsetHeight)}px`;
  menu.style.insetInlineEnd = `${innerWidth - right}px`;
  menu.querySelector("button")?.focus();
}

onView("#pause-menu", (/** @type {HTMLFormElement} */ menu, signal) => {
  menu.addEventListener("toggle", () => menu.matches(":popover-open") && menu.querySelector("button")?.focus());
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form !== menu && !("resume" in form.dataset)) return;
    event.preventDefault();
    if (form === menu) menu.hidePopover();
    submitPause(form.action, new FormData(form, event.submitter));
  }, { signal });
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-pause]");
    if (!button) return;
    event.preventDefault();
    openPauseMenu(/** @type {HTMLElement} */ (button));
  }, { signal, capture: true });
});

onView("#checks", (_part, signal) => {
  const openedAt = performance.now();
  document.addEventListener("visibilitychange", () => refreshParts(openedAt), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  timer = setTimeout(() => refreshParts(openedAt), isWaiting(openedAt) ? FIRST_INTERVAL : INTERVAL);
});
