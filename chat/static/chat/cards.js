// Messages that other apps draw: each registers a function for its kind of card.
import { me } from "./page.js";

const known = new Map(); // kind -> draw
/** @type {any} */
const host = { redraw() {} };

/**
 * `draw(state, place, context)` fills `place`, an element of the message, with the card; it is called again at each
 * change,
 * with the same place, and may keep there what it has built. `context`: {socket, room, message, me, say(text),
 * reply()}.
 */
export function card(kind, drawCard) {
  known.set(kind, drawCard);
  host.redraw(kind);
}

/**
 * What the page gives to cards: `socket`, `say(text)`, `reply(message)`; `redraw(kind)` is called when a kind
 * becomes known.
 */
export function setHost(given) { Object.assign(host, given); }

const drawable = (state) => !state.deleted && known.has(state.card?.kind);

/** Draws the message's card, if there is one that is known here, in place of its text. */
export function paintCard(row, state, room) {
  const body = row.querySelector(".message__body");
  const old = row.querySelector(".message__card");
  const drawn = drawable(state) && draw(old?.dataset.kind === state.card.kind ? old : newPlace(), state, room);
  if (old && old !== drawn) old.remove();
  if (drawn && !drawn.isConnected) body.after(drawn);
  body.hidden = Boolean(drawn);
}

const newPlace = () => Object.assign(document.createElement("div"), { className: "message__card" });

/** The place, filled; null if that failed: then the text is shown. */
function draw(place, state, room) {
  const { socket, say, reply } = host;
  const focus = focusIn(place);
  place.dataset.kind = state.card.kind;
  try {
    known.get(state.card.kind)(state.card, place, { socket, room, message: state, me, say, reply: () => reply(state) });
  } catch (error) {
    reportError(error);
    return null;
  }
  if (focus && !place.contains(document.activeElement)) restore(place, focus);
  return place;
}

const focusable = (place) => [
  ...place.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]"),
];

/**
 * Where the focus is inside, so that a card which builds itself anew does not take it away, nor what is being typed.
 */
function focusIn(place) {
  const element = document.activeElement;
  if (!place.contains(element) || element === place) return null;
  const { value, selectionStart, selectionEnd } = element;
  return {
    index: focusable(place).indexOf(element),
    text: element.textContent,
    tag: element.tagName,
    value,
    selectionStart,
    selectionEnd,
  };
}

function restore(place, { index, text, tag, value, selectionStart, selectionEnd }) {
  const all = focusable(place);
  const same = all.find((each) => each.tagName === tag && each.textContent === text && !each.disabled);
  const element = (tag === "INPUT" ? all[index] : same) ?? all[index] ?? place.closest(".message");
  element.focus({ preventScroll: true });
  if (element.tagName !== tag || selectionStart === undefined || selectionStart === null) return;
  element.value = value;
  element.setSelectionRange(selectionStart, selectionEnd);
}
