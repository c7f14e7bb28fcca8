// The card of /probe: what another machine answered, and where the time went.
import { card } from "../chat/cards.js";
import { again, button, cardIn, frame, isOver, time, tone, word } from "./check-card.js";

const TIMES = ["dns", "connect", "tls", "first_byte", "jitter"];

function verdict(state) {
  if (!isOver(state)) return word(state.status);
  if (state.status !== "done") return word(state.status);
  return word({ true: "fine", false: "bad" }[String(state.ok)] ?? "unknown");
}

function build() {
  const made = frame("probe");
  made.again = button(made.foot, word("again"), (pressed) => again(made.context, pressed, `/probe ${made.probe}`));
  return made;
}

card("probe", (state, place, context) => {
  const made = cardIn(place, build);
  Object.assign(made, { context, probe: `${state.probe} ${state.target}` });
  made.root.dataset.tone = tone(state);
  made.state.textContent = verdict(state);
  made.title.textContent = `${state.probe} ${state.target}`;
  made.value.textContent = time(state.seconds);
  made.said.textContent = state.said ?? "";
  made.said.hidden = !state.said;
  const numbers = state.numbers ?? {};
  made.note.textContent = TIMES.filter((name) => name in numbers)
    .map((name) => `${word(name)} ${time(numbers[name])}`)
    .join(" · ");
  made.again.hidden = !isOver(state);
  made.foot.hidden = made.again.hidden && !made.note.textContent;
});
