// Messages that other apps draw: each registers a function for its kind of card.
import { findElement } from "../myweb/elements.js";
import { me } from "./page.js";

/** @type {Map<string | undefined, DrawCard<any>>} */
const renderers = new Map(); // by kind
/** @type {WeakMap<HTMLElement, any>} */
const cards = new WeakMap(); // by the place that they stand in
/** @type {CardHost} */
const host = { socket: /** @type {any} */ (null), showToast() {}, reply() {}, redraw() {} }; // until setCardHost()

/**
 * `draw(state, place, context)` fills `place`, an element of the message, with the card; it is called again at each
 * change, with the same place, and may keep there what it has built. `context`: {socket, room, message, me,
 * showToast(text), reply()}.
 * @template State
 * @param {string} kind
 * @param {DrawCard<State>} drawCard
 */
export function registerCard(kind, drawCard) {
  renderers.set(kind, drawCard);
  host.redraw(kind);
}

/**
 * What the page gives to cards: `socket`, `showToast(text)`, `reply(message)`; `redraw(kind)` is called when a kind
 * becomes known.
 * @param {CardHost} cardHost
 */
export function setCardHost(cardHost) { Object.assign(host, cardHost); }

/** @param {MessageState} state */
function findRenderer(state) {
  const renderer = renderers.get(state.card?.kind);
  return !state.deleted && state.card && renderer ? { card: state.card, renderer } : null;
}

/**
 * Draws the message's card, if there is one that is known here, in place of its text.
 * @param {HTMLElement} row
 * @param {MessageState} state
 * @param {Room} room
 */
export function paintCard(row, state, room) {
  const body = findElement(row, ".message__body", HTMLElement);
  const old = row.querySelector(".message__card");
  const known = findRenderer(state);
  const drawn = known && fillPlace(old?.dataset.kind === known.card.kind ? old : createPlace(), known, state, room);
  if (old && old !== drawn) old.remove();
  if (drawn && !drawn.isConnected) body.after(drawn);
  body.hidden = Boolean(drawn);
}

const createPlace = () => Object.assign(document.createElement("div"), { className: "message__card" });

/**
 * The place, filled; null if that failed: then the text is shown.
 * @param {HTMLElement} place
 * @param {{ card: CardState, renderer: DrawCard<any> }} known
 * @param {MessageState} state
 * @param {Room} room
 */
function fillPlace(place, { card, renderer }, state, room) {
  const { socket, showToast, reply } = host;
  const focus = readFocus(place);
  place.dataset.kind = card.kind;
  try {
    renderer(card, place, {
      socket,
      room,
      message: state,
      me,
      showToast,
      reply: () => reply(state),
    });
  } catch (error) {
    reportError(error);
    return null;
  }
  if (focus && !place.contains(document.activeElement)) restoreFocus(place, focus);
  return place;
}

/**
 * @param {HTMLElement} place
 * @returns {HTMLInputElement[]} or other elements that take the focus
 */
const findFocusable = (place) => [
  .../** @type {NodeListOf<any>} */ (
    place.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")
  ),
];

/**
 * Where the focus is inside, so that a card which builds itself anew does not take it away, nor what is being typed.
 * @param {HTMLElement} place
 */
function readFocus(place) {
  const element = /** @type {HTMLInputElement | null} */ (document.activeElement);
  if (!element || !place.contains(element) || element === place) return null;
  const { value, selectionStart, selectionEnd } = element;
  return {
    index: findFocusable(place).indexOf(element),
    text: element.textContent,
    tag: element.tagName,
    value,
    selectionStart,
    selectionEnd,
  };
}

/**
 * @param {HTMLElement} place
 * @param {NonNullable<ReturnType<typeof readFocus>>} focus
 */
function restoreFocus(place, { index, text, tag, value, selectionStart, selectionEnd }) {
  const all = findFocusable(place);
  const same = all.find((other) => other.tagName === tag && other.textContent === text && !other.disabled);
  const element = (tag === "INPUT" ? all[index] : same) ?? all[index] ?? /** @type {any} */ (place.closest(".message"));
  element.focus({ preventScroll: true });
  if (element.tagName !== tag || selectionStart === undefined || selectionStart === null) return;
  element.value = value;
  element.setSelectionRange(selectionStart, selectionEnd);
}

/**
 * The card that `build()` made for a place, built once: a button stays under the finger when its card changes.
 * @template {{ root: HTMLElement }} Card
 * @param {HTMLElement} place
 * @param {() => Card} build
 * @returns {Card}
 */
export function getCardAt(place, build) {
  /** @type {Card} */
  const card = cards.get(place) ?? build();
  cards.set(place, card);
  if (place.firstElementChild !== card.root) place.replaceChildren(card.root);
  return card;
}
