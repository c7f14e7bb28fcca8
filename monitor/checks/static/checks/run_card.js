// The card of /run: the output line by line as it comes, then how it ended.
import { getCardAt, registerCard } from "../chat/cards.js";
import { createElement } from "../myweb/elements.js";
import {
  repeatCommand,
  sendCommand,
  addButton,
  createFrame,
  isFinished,
  formatSeconds,
  toneOf,
  formatCheckText,
} from "./check_card.js";

const NEAR = 24; // pixels from the end within which the view follows it

/** @param {RunState} state */
function describeResult(state) {
  if (state.status !== "done") return formatCheckText(state.status);
  if (state.timed_out) return formatCheckText("timed_out");
  if (state.signal) return state.signal;
  return state.exit_code === 0 ? formatCheckText("fine") : formatCheckText("exit", { code: state.exit_code ?? "?" });
}

function createCard() {
  const frame = createFrame("run");
  const output = createElement("pre", "check-card__output");
  const before = createElement("a", "check-card__omitted");
  const page = createElement("a", "check-card__link", formatCheckText("page"));
  output.tabIndex = 0;
  output.setAttribute("aria-label", formatCheckText("output"));
  page.hidden = true;
  frame.message.before(before, output);
  frame.foot.append(page);
  const stop = addButton(frame.foot, formatCheckText("stop"), (pressed) =>
    sendCommand(card.context, pressed, "run.stop", { run: card.run }),
  );
  const again = addButton(frame.foot, formatCheckText("again"), (pressed) =>
    repeatCommand(card.context, pressed, `/run ${card.command}`),
  );
  const buttons = { output, before, page, stop, again };
  const card = { ...frame, ...buttons, run: 0, command: "", context: /** @type {CardContext} */ ({}) };
  return card;
}

/**
 * @param {ReturnType<typeof createCard>} card
 * @param {RunState} state
 */
function paintOutput(card, state) {
  const { output } = card;
  const lines = state.lines ?? [];
  const follows = output.scrollHeight - output.scrollTop - output.clientHeight < NEAR;
  output.replaceChildren(
    ...lines.map(([stream, text]) =>
      createElement("span", stream ? "check-card__line check-card__line--err" : "check-card__line", `${text}\n`),
    ),
  );
  output.hidden = !lines.length;
  if (follows) output.scrollTop = output.scrollHeight;
  card.before.hidden = !state.before;
  card.before.textContent = formatCheckText("before", { count: state.before ?? 0 });
}

/** @param {RunState} state */
function listNotes(state) {
  const notes = [];
  if (state.truncated) notes.push(formatCheckText("truncated"));
  return notes.join(" · ");
}

registerCard("run", (state, place, context) => {
  const card = getCardAt(place, createCard);
  Object.assign(card, { context, run: state.run, command: state.command });
  card.root.dataset.tone = toneOf(state);
  card.state.textContent = describeResult(state);
  card.title.textContent = state.command;
  card.value.textContent = formatSeconds(state.seconds);
  paintOutput(card, state);
  card.message.textContent = state.said ?? "";
  // else the head says it all
  card.message.hidden = !state.said || (state.status === "done" && !state.timed_out && !state.signal);
  card.note.textContent = listNotes(state);
  card.page.href = card.before.href = formatCheckText("run").replace("/0/", `/${Number(state.run)}/`);
  card.page.hidden = !isFinished(state) || !state.lines?.length;
  const isAdmin = ["admin", "owner"].includes(context.me?.role);
  card.stop.hidden = isFinished(state) || !(state.by === context.me?.id || isAdmin);
  card.again.hidden = !isFinished(state) || !(isAdmin || state.members);
});
