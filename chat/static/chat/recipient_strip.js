// The strip above the message box of two people: whether the other one is notified at the moment, and the button that
// notifies them all the same of the message that was sent last.
import { findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { formatClock, formatMoment } from "../myweb/time.js";
import { isBeingDeleted } from "./deletions.js";
import { me } from "./page.js";

const DAY = 86_400_000; // ms
const ASK_DELAY = 300; // ms after a message of mine: several at once are one request

export class RecipientStrip {
  /** @type {Room | null} */
  room = null;
  /** @type {Availability} */
  availability = {};
  timer = 0;

  /**
   * @param {HTMLElement} strip
   * @param {MessageActions} actions
   */
  constructor(strip, actions) {
    this.strip = strip;
    this.actions = actions;
    this.text = findElement(strip, ".strip__text", HTMLElement);
    this.button = findElement(strip, "button", HTMLButtonElement);
    this.button.addEventListener("click", () => this.sendUrgent());
    actions.socket.addEventListener("ready", () => this.askIn(0));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask());
  }

  /**
   * Another room is shown, or it was read again.
   * @param {Room} room
   */
  setRoom(room) {
    if (this.room !== room) this.availability = {};
    this.room = room;
    this.paint();
    this.askIn(0);
  }

  /**
   * @param {Room} room
   * @param {{ type: string, data: any }} event
   */
  onEvent(room, { type, data }) {
    if (room !== this.room || !type.startsWith("message.")) return;
    this.paint();
    if (data.author === me.id && data.seq === room.tail.last) this.askIn(ASK_DELAY);
  }

  get recipient() {
    const others = this.room?.currentMembers.filter(({ id }) => id !== me.id) ?? [];
    return this.room?.state.kind === "direct" && others.length === 1 ? others[0] : null;
  }

  /** The newest message, if it is mine and may still be sent as urgent. */
  get message() {
    const newest = this.room?.tail.messages.at(-1);
    if (!newest || newest.author !== me.id || newest.deleted || newest.urgent) return null;
    return isBeingDeleted(newest.id) ? null : newest;
  }

  /** @param {number} delay ms */
  askIn(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), delay);
  }

  async ask() {
    clearTimeout(this.timer);
    const { room } = this;
    if (!room || !this.recipient || !this.actions.socket.ready) return;
    try {
      const availability = await this.actions.socket.send("room.availability", { room: room.id });
      if (room !== this.room) return;
      this.availability = availability;
    } catch {
      return; // the next message or connection asks again
    }
    this.paint();
    if (this.availability.until) this.askIn(Math.max(ASK_DELAY, this.availability.until * 1_000 - Date.now()));
  }

  paint() {
    const { recipient, message } = this;
    const text = recipient ? this.describe(recipient.name) : "";
    this.strip.hidden = !text;
    if (this.text.textContent !== text) this.text.textContent = text;
    this.button.hidden = !message;
  }

  /**
   * Empty: they are notified at once.
   * @param {string} name
   */
  describe(name) {
    const { off = false, until = 0 } = this.availability;
    if (off) return t("recipient_off", { name });
    const end = until * 1_000;
    if (end <= Date.now()) return "";
    return t("recipient_quiet", { name, time: end - Date.now() < DAY ? formatClock(end) : formatMoment(end) });
  }

  async sendUrgent() {
    const { message } = this;
    if (!message) return;
    this.button.disabled = true;
    const sent = await this.actions.sendCommand("message.urgent", { message: message.id });
    this.button.disabled = false;
    if (!sent) return this.ask();
    this.actions.showToast(t("urgent_sent"));
    this.actions.composer.focusBox();
  }
}
