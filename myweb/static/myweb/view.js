// The changing part of a page. In the shell another page comes in its place without a reload: what a script starts in a
// view ends with it.

/** @typedef {(element: any, signal: AbortSignal) => void} StartInView */

/** @type {{ selector: string, start: StartInView }[]} */
const starters = [];
let shown = new AbortController();

/** @param {{ selector: string, start: StartInView }} starter */
function run({ selector, start }) {
  for (const element of document.querySelectorAll(selector)) start(element, shown.signal);
}

/**
 * Calls `start(element, signal)` for each element that fits, in this view and in those that follow. `signal` is aborted
 * when the view goes.
 * @param {string} selector
 * @param {StartInView} start
 */
export function onView(selector, start) {
  starters.push({ selector, start });
  run({ selector, start });
}

export function endView() {
  shown.abort();
  shown = new AbortController();
}

export function beginView() {
  for (const starter of [...starters]) run(starter);
}
