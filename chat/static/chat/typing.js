// "Ben is typing…": for the TYPING_SECONDS of chat/commands.py, or until their message arrives.
import { me } from "./page.js";
import { t } from "../myweb/i18n.js";

export const TYPING_INTERVAL = 3_000; // ms between two commands that say that I am typing

export class TypingLine {
  /** @type {Map<number, number>} */
  people = new Map(); // id -> timer
  /** @type {Room} */
  room = /** @type {any} */ (null); // set by setRoom()

  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
  }

  /** @param {Room} room */
  setRoom(room) {
    this.room = room;
    for (const timer of this.people.values()) clearTimeout(timer);
    this.people.clear();
    this.redraw();
  }

  /**
   * @param {number} user
   * @param {number} seconds
   */
  addTyping(user, seconds) {
    if (user === me.id) return;
    clearTimeout(this.people.get(user));
    this.people.set(user, setTimeout(() => this.removeTyping(user), seconds * 1000));
    this.redraw();
  }

  /** @param {number} user */
  removeTyping(user) {
    clearTimeout(this.people.get(user));
    if (this.people.delete(user)) this.redraw();
  }

  redraw() {
    const names = [...this.people.keys()].map((id) => this.room.getMember(id).name);
    this.place.textContent = names.length === 0 ? ""
      : names.length === 1 ? t("typing_one", { name: names[0] })
      : names.length === 2 ? t("typing_two", { one: names[0], two: names[1] })
      : t("typing_many");
  }
}
