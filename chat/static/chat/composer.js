// The box that people write in. It never loses a text: drafts and unsaved changes stay per room, a text that is
// too long stays in the box.
import { Answering } from "./answering.js";
import { Completion } from "./completion.js";
import { clearDraft, readDraft, saveDraft } from "./drafts.js";
import { clearEdit, findEdit, saveEdit } from "./edits.js";
import { onKeydown } from "./keyboard.js";
import { config, me } from "./page.js";
import { formatNumber } from "../myweb/formats.js";
import { t } from "../myweb/i18n.js";
import { pick } from "./picker.js";
import { isSlash, unescaped } from "./slashes.js";

const TELL_TYPING = 3_000;
const NEAR_LIMIT = 0.9;
const length = (text) => [...text].length;

/** As the server does: several lines keep the indentation of the first. */
function trimmed(text) {
  const body = text.trim();
  return isSlash(body) || !body.includes("\n") ? body : text.trimEnd().replace(/^\s*\n/, "");
}
const touch = matchMedia("(pointer: coarse)");

/** Fires `post` {body, reply}, `slash` {text}, `save` {room, message, body}, `typing` and `edit-last`. */
export class Composer extends EventTarget {
  room = null;
  editing = null; // the message that is being changed

  constructor(root) {
    super();
    this.form = root.querySelector("form");
    this.box = root.querySelector("textarea");
    this.counter = root.querySelector(".composer__counter");
    this.problem = root.querySelector(".composer__problem");
    this.strip = root.querySelector(".composer__editing");
    this.closed = root.querySelector(".composer__closed");
    this.completion = new Completion(this.box, root.querySelector("[role=listbox]"), () => this.room?.present ?? []);
    this.answering = new Answering(root.querySelector(".composer__answering"));
    this.answering.strip.addEventListener("end", () => this.answer(null));
    this.toldTyping = 0;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.box.addEventListener("input", () => this.changed());
    onKeydown(this.box, (event) => this.key(event));
    this.strip.querySelector("button").addEventListener("click", () => this.stopEditing());
    root.querySelector(".composer__emoji").addEventListener("click", (event) =>
      pick(event.currentTarget, (emoji) => this.put(emoji)),
    );
  }

  show(room, title) {
    if (this.room?.id !== room.id) this.setEditAside();
    const other = this.room?.id !== room.id;
    this.room = room;
    this.box.placeholder = t("message_hint", { room: title });
    this.box.setAttribute("aria-label", t("message_to", { room: title }));
    this.form.hidden = Boolean(room.state.archived);
    this.closed.hidden = !room.state.archived;
    if (!other) return;
    this.answering.show(room);
    this.resume();
  }

  /** What was being written in this room: a change of a message, unless a reply goes before it, or the draft. */
  resume() {
    const edit = this.answering.reply ? null : findEdit(this.room.id);
    if (edit) return this.edit(edit.message, edit.body);
    this.box.value = readDraft(this.draftKey) ?? "";
    this.fit();
  }

  get draftKey() { return this.keyOf(this.room.id); }

  keyOf(room) { return `draft:${me.id}:${room}`; }

  focusBox() { if (!touch.matches) this.box.focus({ preventScroll: true }); }

  changed() {
    this.fit();
    if (this.editing) return saveEdit(this.room.id, this.editing, this.box.value);
    if (this.box.value) saveDraft(this.draftKey, this.box.value);
    else clearDraft(this.draftKey);
    if (this.box.value.trim() && !isSlash(this.box.value) && Date.now() - this.toldTyping > TELL_TYPING) {
      this.toldTyping = Date.now();
      this.dispatchEvent(new Event("typing"));
    }
  }

  /** The box grows with its text; the counter comes near the limit. */
  fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
    const used = length(this.box.value);
    const left = config.limit - used;
    this.counter.hidden = used < config.limit * NEAR_LIMIT;
    this.counter.textContent = formatNumber(left);
    this.counter.classList.toggle("bad", left < 0);
    this.tooLong(used);
    this.form.toggleAttribute("data-empty", !this.box.value.trim());
  }

  tooLong(used) {
    const over = used > config.limit;
    this.problem.hidden = !over;
    this.box.setAttribute("aria-invalid", String(over));
    const numbers = { used: formatNumber(used), limit: formatNumber(config.limit) };
    if (over) this.problem.textContent = t("too_long", numbers);
  }

  key(event) {
    if (this.completion.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !touch.matches) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && !event.shiftKey && (this.editing || this.answering.reply)) {
      event.preventDefault();
      if (this.editing) this.stopEditing();
      else this.answer(null);
    } else if (event.key === "ArrowUp" && !this.box.value && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.dispatchEvent(new Event("edit-last"));
    }
  }

  submit() {
    if (this.box.readOnly) return;
    const body = trimmed(this.box.value);
    if (!body || length(body) > config.limit) return;
    this.toldTyping = 0;
    if (this.editing) this.save(body);
    else {
      if (isSlash(body)) this.dispatchEvent(new CustomEvent("slash", { detail: { text: body } }));
      else this.post(unescaped(body));
      this.box.value = "";
      this.changed();
    }
    this.resume();
    this.box.focus({ preventScroll: true });
  }

  save(body) {
    const { room, editing: message } = this;
    saveEdit(room.id, message, body);
    this.dispatchEvent(new CustomEvent("save", { detail: { room, message, body } }));
    this.setEditAside();
  }

  post(body) {
    const { reply } = this.answering;
    this.answering.to(null);
    this.dispatchEvent(new CustomEvent("post", { detail: { body, reply } }));
  }

  /** The next message answers this one; null: it answers none. */
  answer(message) {
    this.setEditAside();
    this.answering.to(message);
    this.resume();
    this.box.focus({ preventScroll: true });
  }

  /**
   * A command that was not done: its text is here again, unless its writer is elsewhere or writes something else by
   * now.
   */
  giveBack(room, text, problem, say) {
    if (!readDraft(this.keyOf(room))) saveDraft(this.keyOf(room), text);
    if (this.room.id !== room || this.box.value || this.editing) return say(`${text}: ${problem}`);
    this.box.value = text;
    this.changed();
    Object.assign(this.problem, { textContent: problem, hidden: false });
    this.box.setAttribute("aria-invalid", "true");
  }

  put(text) {
    this.box.focus();
    if (this.box.readOnly) return;
    this.box.setRangeText(text, this.box.selectionStart, this.box.selectionEnd, "end");
    this.changed();
  }

  /** Without a body the box is closed until it is called with one. */
  edit(message, body = null) {
    this.editing = message;
    this.box.readOnly = body === null;
    this.strip.hidden = false;
    this.form.toggleAttribute("data-editing", true);
    this.box.value = body ?? "";
    this.fit();
    this.box.focus();
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
  }

  /** The change is given up. */
  stopEditing() {
    if (!this.editing) return;
    clearEdit(this.room.id, this.editing);
    this.setEditAside();
    this.resume();
  }

  /** The box is free for something else; the change is kept. */
  setEditAside() {
    this.editing = null;
    this.box.readOnly = false;
    this.strip.hidden = true;
    this.form.toggleAttribute("data-editing", false);
  }
}
