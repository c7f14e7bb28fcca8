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
} from "./check-card.js";

const TIMES = ["dns", "connect", "tls", "first_byte", "jitter"];

function describeResult(state) {
  if (!isFinished(state)) return formatCheckText(state.status);
  if (state.status !== "done") return formatCheckText(state.status);
  return formatCheckText({ true: "fine", false: "bad" }[String(state.ok)] ?? "unknown");
}

function createCard() {
  const made = createFrame("probe");
  made.again = addButton(made.foot, formatCheckText("again"), (pressed) =>
    repeatCommand(made.context, pressed, `/probe ${made.probe}`),
  );
  return made;
}

registerCard("probe", (state, place, context) => {
  const made = getCardAt(place, createCard);
  Object.assign(made, { context, probe: `${state.probe} ${state.target}` });
  made.root.dataset.tone = toneOf(state);
  made.state.textContent = describeResult(state);
  made.title.textContent = `${state.probe} ${state.target}`;
  made.value.textContent = formatSeconds(state.seconds);
  made.said.textContent = state.said ?? "";
  made.said.hidden = !state.said;
  const numbers = state.numbers ?? {};
  made.note.textContent = TIMES.filter((name) => name in numbers)
    .map((name) => `${formatCheckText(name)} ${formatSeconds(numbers[name])}`)
    .join(" · ");
  made.again.hidden = !isFinished(state);
  made.foot.hidden = made.again.hidden && !made.note.textContent;
});
