// The box that people write in. It never loses a text: drafts and unsaved changes stay per room, a text that is
// too long stays in the box.
import { findElement } from "../myweb/elements.js";
import { Attachments } from "./attachments.js";
import { ReplyBar } from "./reply_bar.js";
import { Completion, MemberLookup } from "./completion.js";
import { clearDraft, readDraft, saveDraft } from "./drafts.js";
import { clearEdit, findEdit, saveEdit } from "./edits.js";
import { onKeydown } from "../myweb/keyboard.js";
import { config, me } from "./page.js";
import { formatNumber } from "../myweb/formats.js";
import { t } from "../myweb/i18n.js";
import { openEmojiPicker } from "./picker.js";
import { RoleMentions } from "./role_mentions.js";
import { isSlashCommand, unescapeSlash } from "./slash_commands.js";
import { TYPING_INTERVAL } from "./typing.js";

const NEAR_LIMIT = 0.9;
/** @param {string} text */
const countCharacters = (text) => [...text].length;

/**
 * As the server does: several lines keep the indentation of the first.
 * @param {string} text
 */
function trimBody(text) {
  const body = text.trim();
  return isSlashCommand(body) || !body.includes("\n") ? body : text.trimEnd().replace(/^\s*\n/, "");
}
const touchScreen = matchMedia("(pointer: coarse)");

/** Fires `post` {body, reply, files}, `slash` {text}, `save` {room, message, body}, `typing` and `edit-last`. */
export class Composer extends EventTarget {
  /** @type {Room} */
  room = /** @type {any} */ (null); // set by show()
  /** @type {MessageKey | null} */
  editing = null; // the message that is being changed
  filesProblem = "";

  /**
   * @param {HTMLElement} root
   * @param {Socket} socket
   * @param {Uploads | null} uploads
   */
  constructor(root, socket, uploads = null) {
    super();
    this.roles = new RoleMentions(socket);
    this.form = findElement(root, "form", HTMLFormElement);
    this.box = findElement(root, "textarea", HTMLTextAreaElement);
    this.counter = findElement(root, ".composer__counter", HTMLElement);
    this.problem = findElement(root, ".composer__problem", HTMLElement);
    this.strip = findElement(root, ".composer__editing", HTMLElement);
    this.closed = findElement(root, ".composer__closed", HTMLElement);
    this.attachments = new Attachments(root, uploads, (text) => this.showProblem(text));
    this.attachments.addEventListener("change", () => this.onFiles());
    this.completion = new Completion(
      this.box,
      findElement(root, "[role=listbox]", HTMLElement),
      () => this.room?.currentMembers ?? [],
      this.roles,
      new MemberLookup(socket, () => this.room),
    );
    this.replyBar = new ReplyBar(findElement(root, ".composer__reply", HTMLElement));
    this.replyBar.strip.addEventListener("end", () => this.replyTo(null));
    this.typingSentAt = 0;
    this.form.addEventListener("submit", (/** @type {any} */ event) => { event.preventDefault(); this.submit(); });
    this.box.addEventListener("input", () => this.onInput());
    onKeydown(this.box, (event) => this.onKey(event));
    findElement(this.strip, "button", HTMLButtonElement).addEventListener("click", () => this.stopEditing());
    findElement(root, ".composer__emoji", HTMLElement).addEventListener("click", (/** @type {any} */ event) =>
      openEmojiPicker(event.currentTarget, (emoji) => this.insertText(emoji)),
    );
  }

  /**
   * @param {Room} room
   * @param {string} title
   */
  show(room, title) {
    if (this.room?.id !== room.id) this.suspendEditing();
    const other = this.room?.id !== room.id;
    this.room = room;
    const label = t("message_to", { room: title });
    this.box.placeholder = matchMedia("(max-width: 720px)").matches ? label : t("message_hint", { room: title });
    this.box.setAttribute("aria-label", label);
    this.form.hidden = Boolean(room.state.archived);
    this.closed.hidden = !room.state.archived;
    this.attachments.show(room.id, Boolean(room.state.archived));
    if (!other) return;
    this.roles.setRoom(room.id);
    this.replyBar.show(room);
    this.restoreDraft();
  }

  /** What was being written in this room: a change of a message, unless a reply goes before it, or the draft. */
  restoreDraft() {
    const edit = this.replyBar.reply ? null : findEdit(this.room.id);
    if (edit) return this.edit(edit.message, edit.body);
    this.box.value = readDraft(this.draftKey) ?? "";
    this.resize();
  }

  get draftKey() { return this.draftKeyOf(this.room.id); }

  /** @param {number} room */
  draftKeyOf(room) { return `draft:${me.id}:${room}`; }

  focusBox() { if (!touchScreen.matches) this.box.focus({ preventScroll: true }); }

  onInput() {
    this.resize();
    if (this.editing) return saveEdit(this.room.id, this.editing, this.box.value);
    if (this.box.value) saveDraft(this.draftKey, this.box.value);
    else clearDraft(this.draftKey);
    if (this.box.value.trim() && !isSlashCommand(this.box.value) && Date.now() - this.typingSentAt > TYPING_INTERVAL) {
      this.typingSentAt = Date.now();
      this.dispatchEvent(new Event("typing"));
    }
  }

  /** The box grows with its text; the counter comes near the limit. */
  resize() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
    const used = countCharacters(this.box.value);
    const left = config.limit - used;
    this.counter.hidden = used < config.limit * NEAR_LIMIT;
    this.counter.textContent = formatNumber(left);
    this.counter.classList.toggle("bad", left < 0);
    this.showLimit(used);
    this.updateEmpty();
  }

  updateEmpty() {
    const hasFiles = !this.editing && this.attachments.files.length > 0;
    this.form.toggleAttribute("data-empty", !this.box.value.trim() && !hasFiles);
  }

  onFiles() {
    if (this.filesProblem && !this.attachments.hasFailed) this.hideProblem();
    this.updateEmpty();
  }

  /**
   * What hinders the files; the text is no fault of it.
   * @param {string} text
   */
  showProblem(text) {
    this.filesProblem = text;
    Object.assign(this.problem, { textContent: text, hidden: false });
  }

  hideProblem() {
    if (this.problem.textContent === this.filesProblem) this.problem.hidden = true;
    this.filesProblem = "";
  }

  /** @param {number} used */
  showLimit(used) {
    const over = used > config.limit;
    this.problem.hidden = !over;
    this.box.setAttribute("aria-invalid", String(over));
    const numbers = { used: formatNumber(used), limit: formatNumber(config.limit) };
    if (over) this.problem.textContent = t("too_long", numbers);
  }

  /** @param {any} event */
  onKey(event) {
    if (this.completion.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !touchScreen.matches) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && !event.shiftKey && (this.editing || this.replyBar.reply)) {
      event.preventDefault();
      if (this.editing) this.stopEditing();
      else this.replyTo(null);
    } else if (event.key === "ArrowUp" && !this.box.value && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.dispatchEvent(new Event("edit-last"));
    }
  }

  submit() {
    if (this.box.readOnly) return;
    const body = trimBody(this.box.value);
    const takesFiles = !this.editing && !isSlashCommand(body) && this.attachments.files.length > 0;
    const mayBeEmpty = takesFiles || Boolean(this.editing?.files?.length);
    if ((!body && !mayBeEmpty) || countCharacters(body) > config.limit) return;
    if (takesFiles && this.attachments.hasFailed) return this.showProblem(t("files_failed"));
    this.typingSentAt = 0;
    if (this.editing) this.save(body);
    else {
      if (isSlashCommand(body)) this.dispatchEvent(new CustomEvent("slash", { detail: { text: body } }));
      else this.post(unescapeSlash(body));
      this.box.value = "";
      this.onInput();
    }
    this.restoreDraft();
    this.box.focus({ preventScroll: true });
  }

  /** @param {string} body */
  save(body) {
    const { room, editing: message } = this;
    if (!message) return;
    saveEdit(room.id, message, body);
    this.dispatchEvent(new CustomEvent("save", { detail: { room, message, body } }));
    this.suspendEditing();
  }

  /** @param {string} body */
  post(body) {
    const { reply } = this.replyBar;
    this.replyBar.setMessage(null);
    const files = this.attachments.take();
    this.dispatchEvent(new CustomEvent("post", { detail: { body, reply, files } }));
  }

  /**
   * The next message answers this one; null: it answers none.
   * @param {MessageState | null} message
   */
  replyTo(message) {
    this.suspendEditing();
    this.replyBar.setMessage(message);
    this.restoreDraft();
    this.box.focus({ preventScroll: true });
  }

  /**
   * A command that was not done: its text is here again, unless its writer is elsewhere or writes something else by
   * now.
   * @param {number} room
   * @param {string} text
   * @param {string} problem
   * @param {(text: string) => void} showToast
   */
  restoreText(room, text, problem, showToast) {
    if (!readDraft(this.draftKeyOf(room))) saveDraft(this.draftKeyOf(room), text);
    if (this.room.id !== room || this.box.value || this.editing) return showToast(`${text}: ${problem}`);
    this.box.value = text;
    this.onInput();
    Object.assign(this.problem, { textContent: problem, hidden: false });
    this.box.setAttribute("aria-invalid", "true");
  }

  /** @param {string} text */
  insertText(text) {
    this.box.focus();
    if (this.box.readOnly) return;
    this.box.setRangeText(text, this.box.selectionStart, this.box.selectionEnd, "end");
    this.onInput();
  }

  /**
   * Without a body the box is closed until it is called with one.
   * @param {MessageKey} message
   * @param {string | null} body
   */
  edit(message, body = null) {
    this.editing = message;
    this.box.readOnly = body === null;
    this.strip.hidden = false;
    this.form.toggleAttribute("data-editing", true);
    this.box.value = body ?? "";
    this.resize();
    this.box.focus();
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
  }

  /** Discards the change. */
  stopEditing() {
    if (!this.editing) return;
    clearEdit(this.room.id, this.editing);
    this.suspendEditing();
    this.restoreDraft();
  }

  /** The box is free for something else; the change is kept. */
  suspendEditing() {
    this.editing = null;
    this.box.readOnly = false;
    this.strip.hidden = true;
    this.form.toggleAttribute("data-editing", false);
  }
}
