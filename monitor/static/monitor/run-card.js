// The card of /run: the output line by line as it comes, then how it ended.
import { card } from "../chat/cards.js";
import { again, ask, button, cardIn, element, frame, isOver, time, tone, word } from "./check-card.js";

const NEAR = 24; // pixels from the end within which the view follows it

function verdict(state) {
  if (state.status !== "done") return word(state.status);
  if (state.timed_out) return word("timed_out");
  if (state.signal) return state.signal;
  return state.exit_code === 0 ? word("fine") : word("exit", { code: state.exit_code ?? "?" });
}

function build() {
  const made = frame("run");
  made.output = element("pre", "check-card__output");
  Object.assign(made.output, { tabIndex: 0 });
  made.output.setAttribute("aria-label", word("output"));
  made.before = element("a", "check-card__before");
  made.said.before(made.before, made.output);
  made.page = Object.assign(element("a", "check-card__link", word("page")), { hidden: true });
  made.foot.append(made.page);
  made.stop = button(made.foot, word("stop"), (pressed) => ask(made.context, pressed, "run.stop", { run: made.run }));
  made.again = button(made.foot, word("again"), (pressed) => again(made.context, pressed, `/run ${made.command}`));
  return made;
}

function paintOutput(made, state) {
  const { output } = made;
  const lines = state.lines ?? [];
  const follows = output.scrollHeight - output.scrollTop - output.clientHeight < NEAR;
  output.replaceChildren(
    ...lines.map(([stream, text]) =>
      element("span", stream ? "check-card__line check-card__line--err" : "check-card__line", `${text}\n`),
    ),
  );
  output.hidden = !lines.length;
  if (follows) output.scrollTop = output.scrollHeight;
  made.before.hidden = !state.before;
  made.before.textContent = word("before", { count: state.before ?? 0 });
}

function notes(state) {
  const found = [];
  if (state.truncated) found.push(word("truncated"));
  return found.join(" · ");
}

card("run", (state, place, context) => {
  const made = cardIn(place, build);
  Object.assign(made, { context, run: state.run, command: state.command });
  made.root.dataset.tone = tone(state);
  made.state.textContent = verdict(state);
  made.title.textContent = state.command;
  made.value.textContent = time(state.seconds);
  paintOutput(made, state);
  made.said.textContent = state.said ?? "";
  // else the head says it all
  made.said.hidden = !state.said || (state.status === "done" && !state.timed_out && !state.signal);
  made.note.textContent = notes(state);
  made.page.href = made.before.href = word("run").replace("/0/", `/${Number(state.run)}/`);
  made.page.hidden = !isOver(state) || !state.lines?.length;
  const isAdmin = ["admin", "owner"].includes(context.me?.role);
  made.stop.hidden = isOver(state) || !(state.by === context.me?.id || isAdmin);
  made.again.hidden = !isOver(state) || !(isAdmin || state.members);
});
