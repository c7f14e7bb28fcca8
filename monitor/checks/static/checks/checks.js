// Refreshes the parts of the pages of checks while they are visible. The server renders them.
import { getDocument } from "../myweb/api.js";

const INTERVAL = 5_000;
const FIRST_INTERVAL = 400; // until the first result of a new check is there
const SEARCH_DELAY = 250;
let timer = 0;

/** @param {Element} part */
const isInUse = (part) => part.querySelector("details[open]") !== null;

/** @param {Document} page */
function replaceParts(page) {
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.isEqualNode(part) || isInUse(part)) continue;
    const href = part.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    part.replaceWith(document.adoptNode(fresh));
    if (href) findLink(fresh, href)?.focus({ preventScroll: true });
  }
}

/**
 * @param {Element} part
 * @param {string} href
 * @returns {HTMLElement | null}
 */
const findLink = (part, href) => part.querySelector(`a[href="${CSS.escape(href)}"]`);

async function refreshParts() {
  clearTimeout(timer);
  try {
    if (document.visibilityState === "visible") replaceParts(await getDocument(location.href));
  } catch {
    // The next refresh tries again.
  } finally {
    clearTimeout(timer);
    timer = setTimeout(refreshParts, document.querySelector("[data-waiting]") ? FIRST_INTERVAL : INTERVAL);
  }
}

/** @param {HTMLFormElement} form */
function applyFilter(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) query.set(name, String(value));
  history.replaceState(history.state, "", `${location.pathname}?${query}`);
  return refreshParts();
}

const filter = document.getElementById("check-filter");
if (filter instanceof HTMLFormElement) {
  let delay = 0;
  filter.addEventListener("input", () => {
    clearTimeout(delay);
    delay = setTimeout(() => applyFilter(filter), SEARCH_DELAY);
  });
  filter.addEventListener("submit", (event) => {
    event.preventDefault();
    applyFilter(filter);
  });
}
document.addEventListener("visibilitychange", refreshParts);
timer = setTimeout(refreshParts, document.querySelector("[data-waiting]") ? FIRST_INTERVAL : INTERVAL);
