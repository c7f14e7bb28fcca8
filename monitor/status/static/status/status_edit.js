// Components of the status page are dragged into order by their grip, with a pointer or with the keyboard.
// The preview follows what is entered.
import { postPage } from "../myweb/api.js";
import { findElement, getElement } from "../myweb/elements.js";
import { fillPlaces } from "../myweb/i18n.js";
import { onView } from "../myweb/view.js";
import { onKeydown } from "../myweb/keyboard.js";

/** @type {HTMLElement} */
let list;
/** @type {HTMLElement} */
let status;
/** @type {HTMLElement | null} */
let lifted = null;
let place = 0; // of the lifted part when it was lifted

const listParts = () => /** @type {HTMLElement[]} */ ([...list.children]);

/**
 * @param {"lifted" | "moved" | "dropped" | "returned"} key
 * @param {HTMLElement} part
 */
function announce(key, part) {
  const values = {
    name: part.querySelector("b")?.textContent ?? "",
    place: String(listParts().indexOf(part) + 1),
    count: String(list.children.length),
  };
  status.textContent = fillPlaces(status.dataset[key] ?? "", values);
}

/** @param {HTMLElement} part */
function lift(part) {
  lifted = part;
  place = listParts().indexOf(part);
  part.toggleAttribute("data-lifted", true);
}

function drop() {
  if (!lifted) return;
  lifted.removeAttribute("data-lifted");
  announce("dropped", lifted);
  lifted = null;
  numberParts();
  list.dispatchEvent(new Event("input", { bubbles: true }));
}

function putBack() {
  if (!lifted) return;
  for (let distance = place - listParts().indexOf(lifted); distance; distance -= Math.sign(distance))
    swapWithNeighbour(lifted, Math.sign(distance));
  lifted.removeAttribute("data-lifted");
  announce("returned", lifted);
  lifted = null;
}

/** The fields of the order, which are saved with the form. */
function numberParts() {
  listParts().forEach((part, index) => {
    const field = part.querySelector('input[name$="-order"]');
    if (field instanceof HTMLInputElement) field.value = String(index);
  });
}

/**
 * The neighbour moves, because a moved element would lose the focus and the pointer.
 * @param {HTMLElement} part
 * @param {number} step
 */
function swapWithNeighbour(part, step) {
  if (step < 0 && part.previousElementSibling) part.after(part.previousElementSibling);
  if (step > 0 && part.nextElementSibling) part.before(part.nextElementSibling);
}

/**
 * @param {HTMLElement} part
 * @param {number} y
 */
function followPointer(part, y) {
  const [previous, next] = [part.previousElementSibling, part.nextElementSibling];
  if (previous && y < findMiddle(previous)) swapWithNeighbour(part, -1);
  else if (next && y > findMiddle(next)) swapWithNeighbour(part, 1);
}

/** @param {Element} part */
function findMiddle(part) {
  const { top, height } = part.getBoundingClientRect();
  return top + height / 2;
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} part
 */
function handleKey(event, part) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.key === " " && lifted === part) drop();
  else if (event.key === " ") {
    lift(part);
    announce("lifted", part);
  } else if (event.key === "Escape" && lifted === part) putBack();
  else if (step && lifted === part) {
    swapWithNeighbour(part, step);
    announce("moved", part);
  } else return;
  event.preventDefault();
}

/** @param {HTMLButtonElement} grip */
function listen(grip) {
  const part = /** @type {HTMLElement} */ (grip.closest(".part-edit"));
  grip.hidden = false;
  grip.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    grip.setPointerCapture(event.pointerId);
    lift(part);
  });
  grip.addEventListener("pointermove", (event) => {
    if (lifted === part && grip.hasPointerCapture(event.pointerId)) followPointer(part, event.clientY);
  });
  grip.addEventListener("pointerup", drop);
  grip.addEventListener("pointercancel", putBack);
  grip.addEventListener("blur", drop);
  onKeydown(grip, (event) => handleKey(event, part));
}

const PAUSE = 300; // ms after the last key

/**
 * @param {HTMLFormElement} form
 * @param {AbortSignal} signal
 */
function startPreview(form, signal) {
  const preview = findElement(document, ".status-preview", HTMLElement);
  let timer = 0;
  let turn = 0;
  const address = form.action;

  async function show() {
    const mine = (turn += 1);
    const body = new FormData(form);
    body.set("preview", "yes");
    const answer = await postPage(address, body).then((response) => response.text(), () => "");
    if (!answer || mine !== turn || signal.aborted) return;
    preview.replaceChildren(...new DOMParser().parseFromString(answer, "text/html").body.childNodes);
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}

onView("#parts-edit", (/** @type {HTMLElement} */ parts, signal) => {
  list = parts;
  status = getElement("part-moved", HTMLElement);
  for (const grip of list.querySelectorAll("button.part-edit__grip")) listen(/** @type {HTMLButtonElement} */ (grip));
  list.toggleAttribute("data-sortable", true);
  startPreview(getElement("status-form", HTMLFormElement), signal);
});
