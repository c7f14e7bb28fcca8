// What the cards of probes and runs have in common. They are built once and then changed, so that a button stays under
// the finger.
import { createElement } from "../chat/cards.js";
import { formatDuration } from "../myweb/formats.js";

const words = document.getElementById("check-words")?.dataset ?? {};

/** The word behind a key of templates/checks/check_cards.html, with its `{places}` filled. */
export const formatCheckText = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

export const formatSeconds = (seconds) => (seconds ?? null) === null ? "" : formatDuration(seconds);

/** Head, sentence and foot; `root.dataset.tone` colours the edge and the first word. */
export function createFrame(kind) {
  const root = createElement("article", `card check-card check-card--${kind}`);
  const [head, state, title, value] = [
    createElement("header", "check-card__head"),
    createElement("span", "check-card__state"),
    createElement("span", "check-card__title"),
    createElement("span", "check-card__value num"),
  ];
  const [said, foot, note] = [
    createElement("p", "check-card__message"),
    createElement("footer", "check-card__foot"),
    createElement("span", "check-card__note"),
  ];
  head.append(state, " ", title, value);
  foot.append(note);
  root.append(head, said, foot);
  return { root, head, state, title, value, said, foot, note };
}

export function addButton(foot, label, act) {
  const made = createElement("button", "button button--quiet button--small", label);
  made.type = "button";
  made.addEventListener("click", () => act(made));
  foot.append(made);
  return made;
}

export const isFinished = (state) => state.status !== "queued" && state.status !== "running";

export function toneOf(state) {
  if (!isFinished(state)) return "busy";
  if (state.ok === true) return "good";
  return state.status === "stopped" || state.ok === undefined || state.ok === null ? "none" : "bad";
}

/** Gives a command to the server and says why, if that cannot be. */
export async function sendCommand(context, pressed, verb, fields) {
  pressed.disabled = true;
  try {
    const done = await context.socket.send(verb, fields);
    if (done?.say) context.showToast(done.say);
  } catch (error) {
    context.showToast(error?.text || error?.message || formatCheckText("failed"));
  } finally {
    pressed.disabled = false;
  }
}

export const repeatCommand = (context, pressed, text) =>
  sendCommand(context, pressed, "slash.run", {
    room: context.room?.id ?? context.room,
    client_id: crypto.randomUUID(),
    text,
  });
