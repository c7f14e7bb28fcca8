// What this user opened last in this browser, newest first.
import { local } from "./storage.js";

const MAX_RECENTS = 30;

export class Recents {
  /** @param {number} user */
  constructor(user) {
    this.key = `recents:${user}`;
  }

  /** @returns {string[]} */
  get list() {
    const stored = local.getJson(this.key);
    return Array.isArray(stored) ? stored.filter((href) => typeof href === "string").slice(0, MAX_RECENTS) : [];
  }

  /** @param {string} href */
  add(href) {
    const { list } = this;
    if (list[0] === href) return;
    local.setJson(this.key, [href, ...list.filter((other) => other !== href)].slice(0, MAX_RECENTS));
  }
}
