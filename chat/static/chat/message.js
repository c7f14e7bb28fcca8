// Draws messages, all from one template. A row holds the lines that may stand above a message, and the message.
import { findElement } from "../myweb/elements.js";
import { paintCard } from "./cards.js";
import { colourCode } from "./code_blocks.js";
import { isBeingDeleted } from "./deletions.js";
import { paintFiles } from "./message_files.js";
import { paintDividers } from "./message_groups.js";
import { paintPreviews } from "./message_previews.js";
import { createAvatar, cloneTemplate, me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { parseRoomUrl, urls } from "../myweb/urls.js";
import { paintQuote } from "./quotes.js";
import { paintUploads } from "./upload_lines.js";
import { formatClock, formatFullTime } from "../myweb/time.js";

// eslint-disable-next-line no-misleading-character-class -- each code point counts by itself
const ONLY_EMOJI = /^[\p{Extended_Pictographic}\p{Regional_Indicator}\u{FE0F}\u{200D}\u{1F3FB}-\u{1F3FF}\s]+$/u;
/**
 * @param {HTMLElement} row
 * @param {string} name
 */
const findPart = (row, name) => findElement(row, `.message__${name}`, HTMLElement);

export const createRow = () => cloneTemplate("message-template");

/**
 * @param {HTMLElement} row
 * @param {Person} author
 * @param {string} at
 * @param {string | null} href
 */
function paintHead(row, author, at, href) {
  findPart(row, "avatar").replaceChildren(createAvatar(author));
  findPart(row, "author").textContent = author.name;
  const link = findElement(row, ".message__time", HTMLAnchorElement);
  const time = findElement(link, "time", HTMLTimeElement);
  link.title = formatFullTime(at);
  if (href) link.href = href;
  time.dateTime = at;
  time.textContent = formatClock(at);
}

/**
 * The server rendered and sanitized the HTML; the page adds mentions of this user and link targets.
 * @param {HTMLElement} body
 * @param {string} html
 */
function setBody(body, html) {
  body.innerHTML = html;
  for (const link of body.querySelectorAll("a")) {
    if (!parseRoomUrl(link.href)) Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
  }
  for (const block of body.querySelectorAll("pre")) block.tabIndex = 0; // so that keys scroll it
  for (const mention of body.querySelectorAll(`.mention[data-user="${Number(me.id)}"]`))
    mention.classList.add("mention--me");
  const text = body.textContent.trim();
  colourCode(body);
  body.classList.toggle("message__body--big", text.length < 32 && ONLY_EMOJI.test(text));
}

/** @param {HTMLElement} body */
function markDeleted(body) {
  body.className = "message__body message__body--deleted";
  body.textContent = t("message_deleted");
}

/**
 * @param {string} emoji
 * @param {number[]} people
 * @param {Room} room
 */
function reactionButton(emoji, people, room) {
  const button = document.createElement("button");
  const mine = people.includes(me.id);
  button.type = "button";
  button.className = "reaction";
  button.dataset.emoji = emoji;
  button.setAttribute("aria-pressed", String(mine));
  const known = people.filter((id) => id === me.id || room.members.has(id));
  const more = people.length - known.length; // in a large room
  const names = [
    ...known.map((id) => (id === me.id ? t("you") : room.getMember(id).name)),
    ...(more ? [t("more_people", { count: more })] : []),
  ].join(t("between_names"));
  button.title = t("reacted", { names, emoji });
  button.setAttribute("aria-label", t("reaction_label", { emoji, count: people.length, names }));
  button.append(
    emoji,
    " ",
    Object.assign(document.createElement("span"), { className: "num", textContent: people.length }),
  );
  return button;
}

/**
 * @param {HTMLElement} row
 * @param {MessageState} state
 * @param {Room} room
 */
function paintReactions(row, state, room) {
  const entries = Object.entries(state.reactions ?? {});
  const place = findPart(row, "reactions");
  place.hidden = entries.length === 0;
  place.replaceChildren(...entries.map(([emoji, people]) => reactionButton(emoji, people, room)));
  if (!entries.length) return;
  const more = Object.assign(document.createElement("button"), {
    type: "button",
    className: "reaction reaction--more",
    title: t("react"),
  });
  more.setAttribute("aria-label", t("react"));
  more.append(createIcon("plus"));
  place.append(more);
}

/**
 * @param {HTMLElement} row
 * @param {MessageState} state
 * @param {Room} room
 */
export function paintMessage(row, state, room) {
  if (isBeingDeleted(state.id))
    state = { ...state, deleted: true, html: "", card: null, files: [], previews: [], reactions: {} };
  row.dataset.seq = state.seq;
  row.dataset.id = state.id;
  row.dataset.clientId = state.client_id;
  const author = room.getMember(state.author);
  paintHead(row, author, state.at, urls.room(room.id, state.seq));
  paintQuote(findPart(row, "quote"), state.reply, room);
  const body = findPart(row, "body");
  body.className = "message__body";
  if (state.deleted) markDeleted(body);
  else setBody(body, state.html ?? "");
  paintCard(row, state, room);
  const files = state.files ?? [];
  paintFiles(findPart(row, "files"), files, state.author === me.id);
  if (files.length && !state.html) body.hidden = true;
  paintPreviews(findPart(row, "previews"), body, state, room);
  row.classList.toggle("row--mentioned", !state.deleted && (state.mentions ?? []).includes(me.id));
  findPart(row, "urgent").hidden = !state.urgent || Boolean(state.deleted);
  const note = findPart(row, "note");
  note.hidden = !state.edited || Boolean(state.deleted);
  if (state.edited) Object.assign(note, { textContent: t("edited"), title: formatFullTime(state.edited) });
  paintReactions(row, state, room);
}

/**
 * @param {OutboxItem} item
 * @param {boolean} isOfFile its line says why, and tries again
 */
function createFailureNote(item, isOfFile) {
  const note = document.createElement("span");
  const text = Object.assign(document.createElement("span"), {
    className: "bad",
    textContent: isOfFile ? t("not_sent") : item.text || t("not_sent"),
  });
  /**
   * @param {string} name
   * @param {string} label
   */
  const button = (name, label) => {
    const element = Object.assign(document.createElement("button"), {
      type: "button",
      className: "textlink",
      textContent: label,
    });
    element.dataset.pendingAction = name;
    return element;
  };
  note.append(text, " ");
  if (!isOfFile) note.append(button("again", t("try_again")), " ");
  note.append(button("drop", t("delete")));
  return note;
}

/**
 * @param {HTMLElement} place
 * @param {OutboxItem} item
 * @param {Outbox} outbox
 */
function paintPendingFiles(place, item, outbox) {
  const files = item.files ?? [];
  place.hidden = !files.length;
  if (!files.length) return;
  const list = place.querySelector("ul") ?? place.appendChild(document.createElement("ul"));
  paintUploads(list, files, outbox.uploads);
}

/**
 * A message of mine that is not stored yet: plain text, visibly on its way.
 * @param {HTMLElement} row
 * @param {OutboxItem} item
 * @param {MessageHead | null | undefined} previous
 * @param {Outbox} outbox
 * @param {Room} room
 */
export function paintPending(row, item, previous, outbox, room) {
  row.dataset.clientId = item.client_id;
  row.toggleAttribute("data-pending", item.state !== "failed");
  row.toggleAttribute("data-failed", item.state === "failed");
  const at = new Date(item.at).toISOString();
  paintHead(row, me, at, null);
  const body = findPart(row, "body");
  body.className = "message__body message__body--plain";
  body.textContent = item.body;
  body.hidden = !item.body;
  paintPendingFiles(findPart(row, "files"), item, outbox);
  paintQuote(findPart(row, "quote"), item.reply, room);
  const note = findPart(row, "note");
  note.hidden = false;
  note.className = "message__note message__note--sending";
  note.replaceChildren(
    item.state === "failed"
      ? createFailureNote(item, outbox.getFilesState(item) === "failed")
      : t(item.state === "waiting" ? outbox.getWaitingReason(item) : "sending"),
  );
  paintDividers(row, { author: me.id, at, reply: item.reply }, previous ?? null, false);
}
