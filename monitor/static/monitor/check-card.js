// What the cards of probes and runs have in common. They are built once and then changed, so that a button stays under
// the finger.
import { formatDuration } from "../myweb/formats.js";

const words = document.getElementById("check-words")?.dataset ?? {};
const kept = new WeakMap(); // place -> the card in it

/** The word behind a key of templates/monitor/check_cards.html, with its `{places}` filled. */
export const word = (key, values = {}) =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

export function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

export const time = (seconds) => (seconds ?? null) === null ? "" : formatDuration(seconds);

export function cardIn(place, build) {
  const card = kept.get(place) ?? build();
  kept.set(place, card);
  if (place.firstElementChild !== card.root) place.replaceChildren(card.root);
  return card;
}

/** Head, sentence and foot; `root.dataset.tone` colours the edge and the first word. */
export function frame(kind) {
  const root = element("article", `card check-card check-card--${kind}`);
  const [head, state, title, value] = [
    element("header", "check-card__head"),
    element("span", "check-card__state"),
    element("span", "check-card__title"),
    element("span", "check-card__value num"),
  ];
  const [said, foot, note] = [
    element("p", "check-card__said"),
    element("footer", "check-card__foot"),
    element("span", "check-card__note"),
  ];
  head.append(state, " ", title, value);
  foot.append(note);
  root.append(head, said, foot);
  return { root, head, state, title, value, said, foot, note };
}

export function button(foot, label, act) {
  const made = element("button", "button button--quiet button--small", label);
  made.type = "button";
  made.addEventListener("click", () => act(made));
  foot.append(made);
  return made;
}

export const isOver = (state) => state.status !== "queued" && state.status !== "running";

export function tone(state) {
  if (!isOver(state)) return "busy";
  if (state.ok === true) return "good";
  return state.status === "stopped" || state.ok === undefined || state.ok === null ? "none" : "bad";
}

/** Gives a command to the server and says why, if that cannot be. */
export async function ask(context, pressed, verb, fields) {
  pressed.disabled = true;
  try {
    const done = await context.socket.send(verb, fields);
    if (done?.say) context.say(done.say);
  } catch (error) {
    context.say(error?.text || error?.message || word("failed"));
  } finally {
    pressed.disabled = false;
  }
}

export const again = (context, pressed, text) =>
  ask(context, pressed, "slash.run", { room: context.room?.id ?? context.room, client_id: crypto.randomUUID(), text });
