// Commands from the writing box: "/chart cpu 1h". What a command refused comes back into the box.
import { t } from "../myweb/i18n.js";
import { uuid } from "./outbox.js";

export const isSlash = (text) => /^\/\p{L}/u.test(text);

/** With a second slash before it, what looks like a command is said. */
export const unescaped = (text) => (text.startsWith("/") && isSlash(text.slice(1)) ? text.slice(1) : text);

export class Slashes {
  constructor(socket, composer, say) {
    this.socket = socket;
    this.composer = composer;
    this.say = say;
    this.undone = {}; // what may or may not have reached the server: sent again it is the same command
  }

  async run(room, text) {
    const again = this.undone.room === room && this.undone.text === text;
    const client_id = again ? this.undone.client_id : uuid();
    this.undone = {};
    try {
      const done = await this.socket.send("slash.run", { room, client_id, text });
      if (done?.say) this.say(done.say);
    } catch (error) {
      if (error.retry) this.undone = { room, text, client_id };
      this.composer.giveBack(
        room,
        text,
        error.text || t(error.code === "offline" ? "slash_offline" : "not_now"),
        this.say,
      );
    }
  }
}
