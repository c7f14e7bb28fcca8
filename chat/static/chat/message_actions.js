// Changes to messages that exist. Each is one command; what it changed comes back as an event.
import { createElement, getElement } from "../myweb/elements.js";
import { Deletions } from "./deletions.js";
import { findEdit, keepUntilSaved } from "./edits.js";
import { me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { UNDO_TIME } from "../myweb/toast.js";

const MIN_SHOWN = 5_000;
const READING_TIME = 50; // ms a character

export class MessageActions {
  timer = 0;
  /** @type {HTMLElement | null} */
  focusBefore = null; // the focus before it went into the toast

  /**
   * @param {Socket} socket
   * @param {Composer} composer
   * @param {Outbox} outbox
   */
  constructor(socket, composer, outbox) {
    this.socket = socket;
    this.composer = composer;
    this.outbox = outbox;
    this.toast = getElement("toast", HTMLElement);
    this.deletions = new Deletions(socket);
    this.deletions.addEventListener("sent", () => this.toast.querySelector("button") && this.hideToast());
    this.deletions.addEventListener("refused", ({ detail }) => this.showToast(detail.text || t("not_now")));
  }

  /**
   * One sentence that goes away by itself.
   * @param {string} text
   */
  showToast(text) {
    this.deletions.finish(); // its Undo gives way
    this.fillToast(Math.max(MIN_SHOWN, text.length * READING_TIME), text);
  }

  /**
   * @param {number} time
   * @param {...(Node | string)} content
   */
  fillToast(time, ...content) {
    this.toast.replaceChildren(...content);
    this.toast.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hideToast(), time);
  }

  hideToast() {
    const focused = this.toast.contains(document.activeElement);
    this.toast.hidden = true;
    if (focused) this.focusBefore?.focus({ preventScroll: true });
  }


  /**
   * @param {string} verb
   * @param {object} fields
   */
  async sendCommand(verb, fields) {
    try {
      return await this.socket.send(verb, fields);
    } catch (caught) {
      const error = /** @type {CommandError} */ (caught);
      this.showToast(error.text || t(error.code === "offline" ? "not_now_offline" : "not_now"));
      return null;
    }
  }

  /**
   * @param {any} message
   * @param {string} emoji
   * @param {boolean} on
   */
  react(message, emoji, on) { return this.sendCommand("message.react", { message: message.id, emoji, on }); }

  /** @param {any} message */
  reply(message) { this.composer.replyTo(message); }

  /**
   * The box waits for what was written; nothing can be typed or sent into it meanwhile.
   * @param {any} message
   */
  async edit(message) {
    const unsaved = findEdit(this.composer.room.id, message);
    this.composer.edit(message, unsaved?.body);
    if (unsaved) return;
    const source = await this.sendCommand("message.source", { message: message.id });
    if (this.composer.editing !== message) return;
    if (source) this.composer.edit(message, source.body);
    else this.composer.stopEditing();
  }

  /**
   * What I wrote last, also while it is on its way.
   * @param {Room} room
   */
  editLast(room) {
    const item = this.outbox.itemsOf(room.id).findLast(({ client_id }) => !room.findSent(client_id));
    if (item) {
      const { client_id, files, body } = item;
      return this.composer.edit({ client_id, files }, findEdit(room.id, item)?.body ?? body);
    }
    const last = room.findLastBy(me.id);
    if (last) this.edit(last);
  }

  /**
   * A refused change gives the text back to its writer.
   * @param {MessageChange} change
   */
  async save(change) {
    const { room, message, body } = change;
    const saved = await keepUntilSaved(change, () => this.sendChange(room, message, body));
    if (!saved && this.composer.room === room && !this.composer.editing) this.composer.restoreDraft();
  }

  /**
   * @param {Room} room
   * @param {any} message
   * @param {string} body
   */
  async sendChange(room, message, body) {
    const item = this.outbox.find(message.client_id);
    if (item && this.outbox.changeBody(item, body)) return true;
    const id =
      message.id ?? room.findSent(message.client_id)?.id ?? (await this.outbox.waitUntilSent(message.client_id));
    const number = id ?? room.findSent(message.client_id)?.id;
    if (number) return Boolean(await this.sendCommand("message.edit", { message: number, body }));
    this.showToast(t("not_now"));
    return false;
  }

  /**
   * The message goes at once, and comes back by Undo.
   * @param {MessageState} message
   * @param {HTMLElement | null} focus what called this by keyboard
   */
  deleteMessage(message, focus = null) {
    this.deletions.schedule(message.id);
    const undo = createElement("button", "toast__button", t("undo"));
    undo.type = "button";
    undo.addEventListener("click", () => this.deletions.undo());
    this.focusBefore = focus;
    this.fillToast(UNDO_TIME, t("message_deleted"), " ", undo);
    if (focus) undo.focus();
  }
}
