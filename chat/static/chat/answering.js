// The strip above the writing box: the message that the next one answers. It is kept with the room's draft.
import { clearDraft, readDraft, saveDraft } from "./drafts.js";
import { me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { words } from "./quotes.js";

export class Answering {
  /** @type {any} */
  room = null;

  constructor(strip) {
    this.strip = strip;
    this.reply = null; // {seq, author}
    strip.querySelector("button").addEventListener("click", () => strip.dispatchEvent(new Event("end")));
  }

  get key() { return `reply:${me.id}:${this.room.id}`; }

  show(room) {
    this.room = room;
    this.reply = JSON.parse(readDraft(this.key) || "null");
    this.paint();
  }

  /** The next message answers this one, or none. */
  to(message) {
    this.reply = message ? { seq: message.seq, author: message.author } : null;
    if (message) saveDraft(this.key, JSON.stringify(this.reply));
    else clearDraft(this.key);
    this.paint();
  }

  /** A message that was deleted meanwhile cannot be answered any more. */
  paint() {
    const held = this.reply && this.room.find(this.reply.seq);
    if (held?.deleted) return this.to(null);
    this.strip.hidden = !this.reply;
    const name = this.reply && this.room.person(this.reply.author).name;
    this.strip.querySelector(".composer__whom").textContent = name ? t("replying_to", { name }) : "";
    this.strip.querySelector(".composer__words").textContent = held ? words(held) : "";
  }
}
