// Completion in the composer: @people, :emoji: and, at the very start, /commands.
import { emoji } from "./emoji.js";
import { createAvatar } from "./page.js";
import { createIcon } from "../myweb/icons.js";
import { language, readBlock, t } from "../myweb/i18n.js";
import { foldText, rankMatches } from "./name_matching.js";
import { SuggestionList } from "../myweb/suggestion_list.js";

/** @type {SlashCommand[]} */
const commands = readBlock("page-commands") ?? [];
const MOST = 8;
const ASK_DELAY = 150; // ms after a key: a word that is typed quickly is one request

/** In a large room the page knows some members: the others are asked for by the beginning of their name or handle. */
export class MemberLookup extends EventTarget {
  /** @type {any} */
  timer = 0;
  room = 0;
  /** @type {Set<string>} */
  asked = new Set();
  /** @type {string[]} */
  complete = []; // beginnings whose members are all known

  /**
   * Fires `change` when more members are known.
   * @param {Socket} socket
   * @param {() => Room | null} getRoom
   */
  constructor(socket, getRoom) {
    super();
    this.socket = socket;
    this.getRoom = getRoom;
  }

  /** @param {string} typed */
  askSoon(typed) {
    clearTimeout(this.timer);
    const room = this.getRoom();
    if (!room?.state.large || !typed || !this.socket.ready) return;
    if (this.room !== room.id) {
      this.room = room.id;
      this.asked = new Set();
      this.complete = [];
    }
    const text = foldText(typed);
    if (this.asked.has(text) || this.complete.some((known) => text.startsWith(known))) return;
    this.timer = setTimeout(() => this.ask(room, text), ASK_DELAY);
  }

  /**
   * @param {Room} room
   * @param {string} text
   */
  async ask(room, text) {
    this.asked.add(text);
    try {
      /** @type {MemberPage} */
      const { members, after } = await this.socket.send("room.members", { room: room.id, text, limit: MOST });
      if (room.id !== this.room) return;
      if (!after) this.complete.push(text);
      room.addMembers(members);
      this.dispatchEvent(new Event("change"));
    } catch {
      this.asked.delete(text); // the next key asks again
    }
  }
}

export class Completion extends SuggestionList {
  /**
   * @param {HTMLTextAreaElement} box
   * @param {HTMLElement} list
   * @param {() => MemberState[]} people
   * @param {RoleMentions} roles
   * @param {MemberLookup} lookup
   */
  constructor(box, list, people, roles, lookup) {
    super(box, list);
    this.people = people;
    this.roles = roles;
    this.lookup = lookup;
    for (const source of [roles, lookup])
      source.addEventListener("change", () => document.activeElement === box && this.redrawChosen());
  }

  update() {
    const before = this.before;
    const command = /^\S/.test(this.box.value.slice(before.length)) ? null : before.match(/^\/([\p{L}\p{N}-]*)$/u);
    const match = command ? ["", "", "/", command[1]] : before.match(/(^|[\s(（，。、])([@:])([\p{L}\p{N}_.-]{0,30})$/u);
    if (!match) return this.close();
    const [, , sign, typed] = match;
    this.suggest(before.length - typed.length - 1, this.find(sign, typed));
  }

  /**
   * @param {string} sign
   * @param {string} typed
   * @returns {Suggestion[]}
   */
  find(sign, typed) {
    if (sign === "@") return this.findMentions(typed);
    return sign === ":" ? this.findEmoji(typed) : this.findCommands(typed);
  }

  /** @param {string} typed */
  findMentions(typed) {
    this.lookup.askSoon(typed);
    const people = this.people().sort((one, other) => one.name.localeCompare(other.name, language));
    const users = people.map((person) => ({
      names: [person.handle, person.name],
      role: false,
      mark: () => createAvatar(person, "s"),
    }));
    const roles = this.roles.list().map(({ word, label, users: named }) => ({
      names: [word, t("role_now", { role: label, names: this.nameUsers(named) })],
      role: true,
      mark: () => createIcon("people"),
    }));
    const found = rankMatches([...users, ...roles], typed, ({ names }) => names);
    const most = MOST - found.filter(({ role }) => role).length; // roles are few, and are always among the first
    return found
      .filter(({ role }, index) => role || index < most)
      .map(({ names: [word, name], mark }) => ({ mark: mark(), name, hint: `@${word}`, text: `@${word} ` }));
  }

  /** @param {number[]} ids */
  nameUsers(ids) {
    const names = new Map([...this.roles.members, ...this.people()].map(({ id, name }) => [id, name]));
    return ids.map((id) => names.get(id) ?? "?").join(t("between_names"));
  }

  /** @param {string} typed */
  findEmoji(typed) {
    if (typed.length < 2) return [];
    return rankMatches(emoji, typed, ([, name]) => [name])
      .slice(0, MOST)
      .map(([character, name]) => ({ mark: character, name: `:${name}:`, hint: "", text: `${character} ` }));
  }

  /** @param {string} typed */
  findCommands(typed) {
    return rankMatches(commands, typed, ({ name }) => [name])
      .filter(({ name }) => name.startsWith(typed.toLowerCase()))
      .map(({ name, usage, summary }) => ({
        mark: "",
        name: `/${name}`,
        usage,
        hint: summary,
        text: usage ? `/${name} ` : `/${name}`,
      }));
  }
}
