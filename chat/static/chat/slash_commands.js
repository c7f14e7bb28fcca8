// Commands from the writing box: "/chart cpu 1h". What a command refused comes back into the box.
import { t } from "../myweb/i18n.js";
import { openCommandHelp } from "./command_help.js";
import { createUuid } from "./outbox.js";

/** @param {string} text */
export const isSlashCommand = (text) => /^\/\p{L}/u.test(text);

/**
 * A second slash in front makes a message of what looks like a command.
 * @param {string} text
 */
export const unescapeSlash = (text) => (text.startsWith("/") && isSlashCommand(text.slice(1)) ? text.slice(1) : text);

export class SlashCommands {
  /**
   * @param {Socket} socket
   * @param {Composer} composer
   * @param {(text: string) => void} showToast
   */
  constructor(socket, composer, showToast) {
    this.socket = socket;
    this.composer = composer;
    this.showToast = showToast;
    /** @type {{ room?: number, text?: string, client_id?: string }} */
    this.unconfirmed = {}; // what may or may not have reached the server: sent again it is the same command
  }

  /**
   * @param {number} room
   * @param {string} text
   */
  async run(room, text) {
    if (/^\/help$/i.test(text)) return queueMicrotask(openCommandHelp); // after the composer has taken the focus back
    const again = this.unconfirmed.room === room && this.unconfirmed.text === text;
    const client_id = again ? this.unconfirmed.client_id : createUuid();
    this.unconfirmed = {};
    try {
      const result = await this.socket.send("slash.run", { room, client_id, text });
      if (result?.say) this.showToast(result.say);
    } catch (caught) {
      const error = /** @type {CommandError} */ (caught);
      if (error.retry) this.unconfirmed = { room, text, client_id };
      this.composer.restoreText(
        room,
        text,
        error.text || t(error.code === "offline" ? "slash_offline" : "not_now"),
        this.showToast,
      );
    }
  }
}
