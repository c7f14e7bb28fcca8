// The card of an offered shift: until when it lasts, and a button to take it.
import { registerCard } from "../chat/cards.js";
import { createElement } from "../myweb/elements.js";
import { fillNodes } from "../myweb/i18n.js";
import { createTime } from "../myweb/time.js";

/** @type {Record<string, string>} */
const words = document.getElementById("offer-words")?.dataset ?? {};

/**
 * @param {CardContext} context
 * @param {string} label
 * @param {string} command
 * @param {number} offer
 */
function createButton(context, label, command, offer) {
  const button = createElement("button", "card__button", label);
  button.type = "button";
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await context.socket.send(command, { offer });
    } catch (error) {
      context.showToast(/** @type {CommandError} */ (error).text || words.failed);
    }
    button.disabled = false;
  });
  return button;
}

/** @param {ShiftOfferState} state */
function describeState(state) {
  if (state.taker) return words.taken.replace("{name}", state.taker);
  return state.closed ? words.withdrawn : words.offered.replace("{name}", state.name);
}

/**
 * @param {ShiftOfferState} state
 * @param {CardContext} context
 */
function createFoot(state, context) {
  const link = createElement("a", "card__button", words.open);
  link.href = state.page;
  const isOver = state.closed || state.ends * 1_000 <= Date.now();
  const isOwn = state.by === context.me?.id;
  const mayWithdraw = isOwn || ["admin", "owner"].includes(context.me?.role);
  return createElement(
    "footer",
    "card__foot",
    createElement("span", "card__fact"),
    ...(isOver || !mayWithdraw ? [] : [createButton(context, words.withdraw, "shift.withdraw", state.offer)]),
    ...(isOver || isOwn ? [] : [createButton(context, words.take, "shift.take", state.offer)]),
    link,
  );
}

registerCard("shift_offer", (/** @type {ShiftOfferState} */ state, place, context) => {
  const [begins, ends] = [state.begins, state.ends].map((at) => createTime(at * 1_000, "moment"));
  const card = createElement(
    "section",
    "card",
    createElement(
      "header",
      "card__head",
      createElement("strong", "card__state", describeState(state)),
      createElement("span", "card__title", state.schedule),
    ),
    createElement("p", "card__text", ...fillNodes(words.span, { begins, ends })),
    createFoot(state, context),
  );
  card.dataset.tone = state.closed ? "grey" : "blue";
  place.replaceChildren(card);
});
