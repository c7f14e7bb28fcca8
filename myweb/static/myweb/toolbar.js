// A toolbar is one Tab stop: the arrows, Home and End move inside.

/** @param {Element} bar */
const listShown = (bar) => [...bar.querySelectorAll("button")].filter((button) => button.checkVisibility());

/**
 * The button that Tab leads to from now on.
 * @param {Element} bar
 * @param {number} index over the end it begins again, and negative it counts from there
 */
export function setTabStop(bar, index = 0) {
  const shown = listShown(bar);
  const chosen = shown.at(index % shown.length);
  for (const button of bar.querySelectorAll("button")) button.tabIndex = button === chosen ? 0 : -1;
  return chosen;
}

/**
 * Whether the key moved the focus.
 * @param {Element} bar
 * @param {KeyboardEvent} event
 */
export function moveInToolbar(bar, { key, target, altKey, ctrlKey, metaKey }) {
  if (altKey || ctrlKey || metaKey) return false;
  const here = listShown(bar).findIndex((button) => button === target);
  const step = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
  /** @type {Record<string, number>} */
  const places = { ArrowLeft: here - step, ArrowRight: here + step, Home: 0, End: -1 };
  if (!(key in places)) return false;
  setTabStop(bar, places[key])?.focus();
  return true;
}
