// A grid of emoji that opens beside a button. One for the whole page.
import { getElement } from "../myweb/elements.js";
import { emoji } from "./emoji.js";
import { onKeydown } from "./keyboard.js";
import { t } from "../myweb/i18n.js";

const grid = getElement("emoji-picker", HTMLElement);
const COLUMNS = 8;
/** @type {(emoji: string) => void} */
let onChosen = () => {};
/** @type {any} */
let opener = null;

function fillGrid() {
  if (grid.childElementCount) return;
  for (const [character, name] of emoji) {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "picker__emoji",
      textContent: character,
      title: `:${name}:`,
    });
    button.setAttribute("aria-label", name.replaceAll("_", " "));
    grid.append(button);
  }
  grid.setAttribute("aria-label", t("choose_emoji"));
}

/** @param {Element} anchor */
function positionGrid(anchor) {
  const place = anchor.getBoundingClientRect();
  const size = grid.getBoundingClientRect();
  const above = place.top - size.height - 6;
  grid.style.top = `${Math.max(8, above > 8 ? above : Math.min(place.bottom + 6, innerHeight - size.height - 8))}px`;
  grid.style.left = `${Math.max(8, Math.min(place.right - size.width, innerWidth - size.width - 8))}px`;
}

/**
 * @param {any} anchor
 * @param {(emoji: string) => void} then
 */
export function openEmojiPicker(anchor, then) {
  fillGrid();
  onChosen = then;
  opener = anchor;
  opener.setAttribute("aria-expanded", "true");
  grid.showPopover();
  positionGrid(anchor);
  grid.querySelector("button")?.focus();
}

grid.addEventListener("click", (/** @type {any} */ event) => {
  const button = event.target.closest("button");
  if (!button) return;
  grid.hidePopover();
  onChosen(button.textContent);
});

onKeydown(grid, (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...grid.querySelectorAll("button")];
  buttons[buttons.findIndex((button) => button === document.activeElement) + step]?.focus();
});

grid.addEventListener("toggle", (/** @type {any} */ event) => {
  if (event.newState !== "closed") return;
  opener?.removeAttribute("aria-expanded");
  if (document.activeElement === document.body) opener?.focus();
});
