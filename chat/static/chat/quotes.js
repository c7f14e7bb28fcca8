// What a reply answers: a line with the name and the first words, as far as the answered message is held on the page.
import { t } from "../myweb/i18n.js";
import { icon } from "../myweb/icons.js";

const MOST = 120; // characters

/** The first words of a message, as its readers see them; of a card its title, which does not change with it. */
export function words(state) {
  if (state.deleted) return t("message_deleted");
  if (state.card?.title) return state.card.title;
  const inert = document.createElement("template");
  inert.innerHTML = state.html ?? "";
  const text = inert.content.textContent.trim().replace(/\s+/g, " ");
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

const span = (className, textContent) => Object.assign(document.createElement("span"), { className, textContent });

/** `reply` is {seq, author}, or nothing. Called again when the answered message may have changed. */
export function paintQuote(line, reply, room) {
  line.hidden = !reply;
  if (!reply) return;
  const { name } = room.person(reply.author);
  const held = room.find(reply.seq);
  line.dataset.answers = reply.seq;
  line.title = t("show_answered");
  line.classList.toggle("message__quote--gone", Boolean(held?.deleted));
  if (held) line.replaceChildren(icon("reply"), span("message__whom", name), " ", span("message__words", words(held)));
  else line.replaceChildren(icon("reply"), span("message__words", t("reply_to", { name })));
}
