// Completion in the composer: @people, :emoji: and, at the very start, /commands.
import { emoji } from "./emoji.js";
import { createAvatar } from "./page.js";
import { createIcon } from "../myweb/icons.js";
import { language, readBlock, t } from "../myweb/i18n.js";
import { rankMatches } from "./name_matching.js";
import { SuggestionList } from "../myweb/suggestion_list.js";

/** @type {SlashCommand[]} */
const commands = readBlock("page-commands") ?? [];
const MOST = 8;

export class Completion extends SuggestionList {
  /**
   * @param {HTMLTextAreaElement} box
   * @param {HTMLElement} list
   * @param {() => MemberState[]} people
   * @param {RoleMentions} roles
   */
  constructor(box, list, people, roles) {
    super(box, list);
    this.people = people;
    this.roles = roles;
    roles.addEventListener("change", () => document.activeElement === box && this.redrawChosen());
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
    const names = new Map(this.people().map(({ id, name }) => [id, name]));
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
