// The card of /probe: what another machine answered, and where the time went.
import { getCardAt, registerCard } from "../chat/cards.js";
import {
  repeatCommand,
  addButton,
  createFrame,
  isFinished,
  formatSeconds,
  toneOf,
  formatCheckText,
} from "./check_card.js";

const TIMES = ["dns", "connect", "tls", "first_byte", "jitter"];

/**
 * As behind /probe. A URL names its protocol itself.
 * @param {ProbeState} state
 */
export const describeProbe = ({ probe, target }) =>
  probe === "http" && target.includes("://") ? target : `${probe} ${target}`;

/** @param {ProbeState} state */
function describeResult(state) {
  if (!isFinished(state)) return formatCheckText(state.status);
  if (state.status !== "done") return formatCheckText(state.status);
  return formatCheckText({ true: "fine", false: "bad" }[String(state.ok)] ?? "unknown");
}

function createCard() {
  const frame = createFrame("probe");
  const again = addButton(frame.foot, formatCheckText("again"), (pressed) =>
    repeatCommand(card.context, pressed, `/probe ${card.probe}`),
  );
  const card = { ...frame, again, probe: "", context: /** @type {CardContext} */ ({}) };
  return card;
}

registerCard("probe", (state, place, context) => {
  const card = getCardAt(place, createCard);
  Object.assign(card, { context, probe: describeProbe(state) });
  card.root.dataset.tone = toneOf(state);
  card.state.textContent = describeResult(state);
  card.title.textContent = card.probe;
  card.value.textContent = formatSeconds(state.seconds);
  card.message.textContent = state.said ?? "";
  card.message.hidden = !state.said;
  const numbers = state.numbers ?? {};
  card.note.textContent = TIMES.filter((name) => name in numbers)
    .map((name) => `${formatCheckText(name)} ${formatSeconds(numbers[name])}`)
    .join(" · ");
  card.again.hidden = !isFinished(state);
  card.foot.hidden = card.again.hidden && !card.note.textContent;
});
