// The card of /run: the output line by line as it comes, then how it ended.
import { createElement, getCardAt, registerCard } from "../chat/cards.js";
import {
  repeatCommand,
  sendCommand,
  addButton,
  createFrame,
  isFinished,
  formatSeconds,
  toneOf,
  formatCheckText,
} from "./check-card.js";

const NEAR = 24; // pixels from the end within which the view follows it

function describeResult(state) {
  if (state.status !== "done") return formatCheckText(state.status);
  if (state.timed_out) return formatCheckText("timed_out");
  if (state.signal) return state.signal;
  return state.exit_code === 0 ? formatCheckText("fine") : formatCheckText("exit", { code: state.exit_code ?? "?" });
}

function createCard() {
  const made = createFrame("run");
  made.output = createElement("pre", "check-card__output");
  Object.assign(made.output, { tabIndex: 0 });
  made.output.setAttribute("aria-label", formatCheckText("output"));
  made.before = createElement("a", "check-card__omitted");
  made.said.before(made.before, made.output);
  made.page = Object.assign(createElement("a", "check-card__link", formatCheckText("page")), { hidden: true });
  made.foot.append(made.page);
  made.stop = addButton(made.foot, formatCheckText("stop"), (pressed) =>
    sendCommand(made.context, pressed, "run.stop", { run: made.run }),
  );
  made.again = addButton(made.foot, formatCheckText("again"), (pressed) =>
    repeatCommand(made.context, pressed, `/run ${made.command}`),
  );
  return made;
}

function paintOutput(made, state) {
  const { output } = made;
  const lines = state.lines ?? [];
  const follows = output.scrollHeight - output.scrollTop - output.clientHeight < NEAR;
  output.replaceChildren(
    ...lines.map(([stream, text]) =>
      createElement("span", stream ? "check-card__line check-card__line--err" : "check-card__line", `${text}\n`),
    ),
  );
  output.hidden = !lines.length;
  if (follows) output.scrollTop = output.scrollHeight;
  made.before.hidden = !state.before;
  made.before.textContent = formatCheckText("before", { count: state.before ?? 0 });
}

function listNotes(state) {
  const found = [];
  if (state.truncated) found.push(formatCheckText("truncated"));
  return found.join(" · ");
}

registerCard("run", (state, place, context) => {
  const made = getCardAt(place, createCard);
  Object.assign(made, { context, run: state.run, command: state.command });
  made.root.dataset.tone = toneOf(state);
  made.state.textContent = describeResult(state);
  made.title.textContent = state.command;
  made.value.textContent = formatSeconds(state.seconds);
  paintOutput(made, state);
  made.said.textContent = state.said ?? "";
  // else the head says it all
  made.said.hidden = !state.said || (state.status === "done" && !state.timed_out && !state.signal);
  made.note.textContent = listNotes(state);
  made.page.href = made.before.href = formatCheckText("run").replace("/0/", `/${Number(state.run)}/`);
  made.page.hidden = !isFinished(state) || !state.lines?.length;
  const isAdmin = ["admin", "owner"].includes(context.me?.role);
  made.stop.hidden = isFinished(state) || !(state.by === context.me?.id || isAdmin);
  made.again.hidden = !isFinished(state) || !(isAdmin || state.members);
});
