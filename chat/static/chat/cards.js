// Messages that other apps draw: each registers a function for its kind of card.
import { me } from "./page.js";

const renderers = new Map(); // kind -> draw
const cards = new WeakMap(); // place -> the card in it
/** @type {any} */
const host = { redraw() {} };

/**
 * `draw(state, place, context)` fills `place`, an element of the message, with the card; it is called again at each
 * change, with the same place, and may keep there what it has built. `context`: {socket, room, message, me,
 * showToast(text), reply()}.
 */
export function registerCard(kind, drawCard) {
  renderers.set(kind, drawCard);
  host.redraw(kind);
}

/**
 * What the page gives to cards: `socket`, `showToast(text)`, `reply(message)`; `redraw(kind)` is called when a kind
 * becomes known.
 */
export function setCardHost(given) { Object.assign(host, given); }

const isDrawable = (state) => !state.deleted && renderers.has(state.card?.kind);

/** Draws the message's card, if there is one that is known here, in place of its text. */
export function paintCard(row, state, room) {
  const body = row.querySelector(".message__body");
  const old = row.querySelector(".message__card");
  const drawn =
    isDrawable(state) && fillPlace(old?.dataset.kind === state.card.kind ? old : createPlace(), state, room);
  if (old && old !== drawn) old.remove();
  if (drawn && !drawn.isConnected) body.after(drawn);
  body.hidden = Boolean(drawn);
}

const createPlace = () => Object.assign(document.createElement("div"), { className: "message__card" });

/** The place, filled; null if that failed: then the text is shown. */
function fillPlace(place, state, room) {
  const { socket, showToast, reply } = host;
  const focus = readFocus(place);
  place.dataset.kind = state.card.kind;
  try {
    renderers.get(state.card.kind)(state.card, place, {
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

const findFocusable = (place) => [
  ...place.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]"),
];

/**
 * Where the focus is inside, so that a card which builds itself anew does not take it away, nor what is being typed.
 */
function readFocus(place) {
  const element = document.activeElement;
  if (!place.contains(element) || element === place) return null;
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

function restoreFocus(place, { index, text, tag, value, selectionStart, selectionEnd }) {
  const all = findFocusable(place);
  const same = all.find((each) => each.tagName === tag && each.textContent === text && !each.disabled);
  const element = (tag === "INPUT" ? all[index] : same) ?? all[index] ?? place.closest(".message");
  element.focus({ preventScroll: true });
  if (element.tagName !== tag || selectionStart === undefined || selectionStart === null) return;
  element.value = value;
  element.setSelectionRange(selectionStart, selectionEnd);
}

export function createElement(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/** The card that `build()` made for a place, built once: a button stays under the finger when its card changes. */
export function getCardAt(place, build) {
  const card = cards.get(place) ?? build();
  cards.set(place, card);
  if (place.firstElementChild !== card.root) place.replaceChildren(card.root);
  return card;
}
