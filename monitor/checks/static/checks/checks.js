// Refreshes the parts of the pages of checks while they are visible. The server renders them.
import { getDocument } from "../myweb/api.js";
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

onView("#checks", (_part, signal) => {
  const openedAt = performance.now();
  document.addEventListener("visibilitychange", () => refreshParts(openedAt), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  timer = setTimeout(() => refreshParts(openedAt), isWaiting(openedAt) ? FIRST_INTERVAL : INTERVAL);
});
