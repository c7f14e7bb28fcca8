// The strip above the writing box: the message that the next one answers. It is kept with the room's draft.
import { findElement } from "../myweb/elements.js";
import { clearDraft, readDraft, saveDraft } from "./drafts.js";
import { me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { excerptMessage } from "./quotes.js";

export class ReplyBar {
  /** @type {Room} */
  room = /** @type {any} */ (null); // set by show()

  /** @param {HTMLElement} strip */
  constructor(strip) {
    this.strip = strip;
    /** @type {Reply | null} */
    this.reply = null;
    const button = findElement(strip, "button", HTMLButtonElement);
    button.addEventListener("click", () => strip.dispatchEvent(new Event("end")));
  }

  get key() { return `reply:${me.id}:${this.room.id}`; }

  /** @param {Room} room */
  show(room) {
    this.room = room;
    this.reply = JSON.parse(readDraft(this.key) || "null");
    this.redraw();
  }

  /**
   * The next message answers this one, or none.
   * @param {MessageState | null} message
   */
  setMessage(message) {
    this.reply = message ? { seq: message.seq, author: message.author } : null;
    if (message) saveDraft(this.key, JSON.stringify(this.reply));
    else clearDraft(this.key);
    this.redraw();
  }

  /** A message that was deleted meanwhile cannot be answered any more. */
  redraw() {
    const answered = this.reply && this.room.find(this.reply.seq);
    if (answered?.deleted) return this.setMessage(null);
    this.strip.hidden = !this.reply;
    const name = this.reply && this.room.getMember(this.reply.author).name;
    findElement(this.strip, ".composer__reply-name", HTMLElement).textContent = name ? t("replying_to", { name }) : "";
    const excerpt = answered ? excerptMessage(answered) : "";
    findElement(this.strip, ".composer__reply-text", HTMLElement).textContent = excerpt;
  }
}
