// Changes to messages that exist. Each is one command; what it changed comes back as an event.
import { t } from "./page.js";

const SHOWN = 5_000;
const TO_READ = 50; // ms a character

export class Deeds {
  constructor(socket, composer) {
    Object.assign(this, { socket, composer });
    this.toast = document.getElementById("toast");
    this.dialog = document.getElementById("confirm-delete");
    this.dialog.addEventListener("close", () => this.dialog.returnValue === "delete" && this.doomed && this.erase());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close(""));
  }

  /** One sentence that goes away by itself. */
  say(text) {
    this.toast.textContent = text;
    this.toast.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.toast.hidden = true; }, Math.max(SHOWN, text.length * TO_READ));
  }

  async try(verb, fields) {
    try {
      return await this.socket.send(verb, fields);
    } catch (error) {
      this.say(error.text || t(error.code === "offline" ? "not_now_offline" : "not_now"));
      return null;
    }
  }

  react(message, emoji, on) { return this.try("message.react", { message: message.id, emoji, on }); }

  reply(message) { this.composer.answer(message); }

  /** The box waits for what was written; nothing can be typed or sent into it meanwhile. */
  async edit(message) {
    this.composer.edit(message);
    const source = await this.try("message.source", { message: message.id });
    if (this.composer.editing !== message) return;
    if (source) this.composer.edit(message, source.body);
    else this.composer.stopEditing();
  }

  /** A refused edit gives the text back to its writer. */
  async save({ message, body }) {
    const saved = await this.try("message.edit", { message: message.id, body });
    if (!saved && !this.composer.editing && this.composer.room.find(message.seq)) this.composer.edit(message, body);
  }

  remove(message) {
    this.doomed = message;
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  erase() {
    this.try("message.delete", { message: this.doomed.id });
    this.doomed = null;
  }
}
