// What the cards of probes and runs have in common. They are built once and then changed, so that a button stays under
// the finger.
import { createElement } from "../myweb/elements.js";
import { formatDuration } from "../myweb/formats.js";
import { fillNodes } from "../myweb/i18n.js";

/** @type {Record<string, string | undefined>} */
const words = document.getElementById("check-words")?.dataset ?? {};

/**
 * The word behind a key of templates/checks/check_cards.html, with its `{places}` filled.
 * @param {string} key
 * @param {Record<string, any>} values
 */
export const formatCheckText = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

/**
 * The same for `append()`, with nodes among the values.
 * @param {string} key
 * @param {Record<string, Node | string>} values
 */
export const formatCheckNodes = (key, values) => fillNodes(words[key], values);

/** @param {Value | undefined} seconds */
export const formatSeconds = (seconds) => seconds === null || seconds === undefined ? "" : formatDuration(seconds);

/**
 * Head, sentence and foot; `root.dataset.tone` colours the edge and the first word.
 * @param {string} kind
 */
export function createFrame(kind) {
  const root = createElement("article", `card check-card check-card--${kind}`);
  const [head, state, title, value] = [
    createElement("header", "check-card__head"),
    createElement("span", "check-card__state"),
    createElement("span", "check-card__title"),
    createElement("span", "check-card__value num"),
  ];
  const [message, foot, note] = [
    createElement("p", "check-card__message"),
    createElement("footer", "check-card__foot"),
    createElement("span", "check-card__note"),
  ];
  head.append(state, " ", title, value);
  foot.append(note);
  root.append(head, message, foot);
  return { root, head, state, title, value, message, foot, note };
}

/**
 * @param {HTMLElement} foot
 * @param {string} label
 * @param {(button: HTMLButtonElement) => void} act
 */
export function addButton(foot, label, act) {
  const button = createElement("button", "button button--quiet button--small", label);
  button.type = "button";
  button.addEventListener("click", () => act(button));
  foot.append(button);
  return button;
}

/** @param {ProbeState | RunState} state */
export const isFinished = (state) => state.status !== "queued" && state.status !== "running";

/** @param {ProbeState | RunState} state */
export function toneOf(state) {
  if (!isFinished(state)) return "busy";
  if (state.ok === true) return "good";
  return state.status === "stopped" || state.ok === undefined || state.ok === null ? "none" : "bad";
}

/**
 * Gives a command to the server and says why, if that cannot be.
 * @param {CardContext} context
 * @param {HTMLButtonElement} pressed
 * @param {string} verb
 * @param {object} fields
 */
export async function sendCommand(context, pressed, verb, fields) {
  pressed.disabled = true;
  try {
    const result = await context.socket.send(verb, fields);
    if (result?.say) context.showToast(result.say);
  } catch (caught) {
    const error = /** @type {any} */ (caught);
    context.showToast(error?.text || error?.message || formatCheckText("failed"));
  } finally {
    pressed.disabled = false;
  }
}

/**
 * @param {CardContext} context
 * @param {HTMLButtonElement} pressed
 * @param {string} text
 */
export const repeatCommand = (context, pressed, text) =>
  sendCommand(context, pressed, "slash.run", {
    room: context.room?.id ?? context.room,
    client_id: crypto.randomUUID(),
    text,
  });
