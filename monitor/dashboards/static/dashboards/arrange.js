// Panels are put in order: dragged by their grip, or by Up and Down on it.
import { onKeydown } from "../myweb/keyboard.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/**
 * `move(figure, place)` puts a figure to a place among the others; `place(figure)` tells where it stands.
 * @param {HTMLElement} grid
 * @param {{ move: (figure: HTMLElement, place: number) => void, place: (figure: HTMLElement) => number }} options
 */
export function makeSortable(grid, { move, place }) {
  /** @type {HTMLElement | null} */
  let dragged = null;

  grid.addEventListener("pointerdown", (event) => {
    const grip = event.target?.closest(".tools__grip");
    if (!grip || event.button) return;
    event.preventDefault();
    grip.focus();
    dragged = grip.closest(".panel");
    dragged?.toggleAttribute("data-dragged", true);
    grid.setPointerCapture(event.pointerId); // the grid stays where it is while figures change places
  });

  grid.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest(".panel");
    if (over && over !== dragged && grid.contains(over) && crossed(dragged, over, event)) move(dragged, place(over));
    scroll(event.clientY);
  });

  /**
   * Without this check, two panels of different width would swap places again and again.
   * @param {HTMLElement} figure
   * @param {HTMLElement} over
   * @param {PointerEvent} event
   */
  function crossed(figure, over, { clientX, clientY }) {
    const { left, top, width, height } = over.getBoundingClientRect();
    const mine = figure.getBoundingClientRect();
    const beside = Math.abs(mine.top - top) < height / 2;
    const isForward = place(over) > place(figure);
    if (beside) return isForward ? clientX > left + width / 3 : clientX < left + (width * 2) / 3;
    return isForward ? clientY > top + height / 3 : clientY < top + (height * 2) / 3;
  }

  /** @param {number} y */
  function scroll(y) {
    const { top, bottom } = grid.getBoundingClientRect();
    if (y < top + 40) grid.scrollBy(0, -16);
    if (y > bottom - 40) grid.scrollBy(0, 16);
  }

  const drop = () => {
    dragged?.removeAttribute("data-dragged");
    dragged = null;
  };
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) grid.addEventListener(end, drop);

  onKeydown(grid, (event) => {
    const grip = event.target?.closest(".tools__grip");
    if (!grip || !(event.key in STEPS)) return;
    event.preventDefault();
    const figure = grip.closest(".panel");
    if (!figure) return;
    move(figure, place(figure) + STEPS[event.key]);
    grip.focus();
  });
}
