// What a reply answers: a line with the name and the first words, if the answered message is in memory.
import { listFileNames } from "./message_files.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";

const MAX_LENGTH = 120; // characters

/**
 * The first words of a message, as its readers see them; of a card its title, which does not change with it.
 * @param {MessageState} state
 */
export function excerptMessage(state) {
  if (state.deleted) return t("message_deleted");
  if (state.card?.title) return state.card.title;
  const inert = document.createElement("template");
  inert.innerHTML = state.html ?? "";
  const text = (inert.content.textContent ?? "").trim().replace(/\s+/g, " ") || listFileNames(state.files);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/**
 * @param {string} className
 * @param {string} textContent
 */
const createSpan = (className, textContent) =>
  Object.assign(document.createElement("span"), { className, textContent });

/**
 * `reply` is {seq, author}, or nothing. Called again when the answered message may have changed.
 * @param {HTMLElement} line
 * @param {Reply | null | undefined} reply
 * @param {Room} room
 */
export function paintQuote(line, reply, room) {
  line.hidden = !reply;
  if (!reply) return;
  const { name } = room.getMember(reply.author);
  const message = room.find(reply.seq);
  line.dataset.answers = reply.seq;
  line.title = t("show_answered");
  line.classList.toggle("message__quote--deleted", Boolean(message?.deleted));
  if (message)
    line.replaceChildren(
      createIcon("reply"),
      createSpan("message__quote-name", name),
      " ",
      createSpan("message__quote-text", excerptMessage(message)),
    );
  else line.replaceChildren(createIcon("reply"), createSpan("message__quote-text", t("reply_to", { name })));
}
