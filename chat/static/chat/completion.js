// Completion in the composer: @people, :emoji: and, at the very start, /commands. The text box stays focused; the list
// is told by aria-activedescendant.
import { emoji } from "./emoji.js";
import { createAvatar } from "./page.js";
import { createIcon } from "../myweb/icons.js";
import { language, readBlock, t } from "../myweb/i18n.js";
import { rankMatches } from "./name_matching.js";

/** @type {SlashCommand[]} */
const commands = readBlock("page-commands") ?? [];
const MOST = 8;
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export class Completion {
  start = 0; // where the text that is completed begins

  /**
   * @param {HTMLTextAreaElement} box
   * @param {HTMLElement} list
   * @param {() => MemberState[]} people
   * @param {RoleMentions} roles
   */
  constructor(box, list, people, roles) {
    this.box = box;
    this.list = list;
    this.people = people;
    this.roles = roles;
    roles.addEventListener("change", () => document.activeElement === box && this.redrawChosen());
    /** @type {Suggestion[]} */
    this.entries = [];
    this.active = 0;
    box.addEventListener("input", () => this.update());
    box.addEventListener("blur", () => this.close());
    box.addEventListener("click", () => this.update());
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target?.closest("[role=option]");
      if (option) this.accept([...list.children].indexOf(option));
    });
  }

  get open() { return this.entries.length > 0; }

  update() {
    const before = this.box.value.slice(0, this.box.selectionStart);
    const command = /^\S/.test(this.box.value.slice(before.length)) ? null : before.match(/^\/([\p{L}\p{N}-]*)$/u);
    const match = command ? ["", "", "/", command[1]] : before.match(/(^|[\s(（，。、])([@:])([\p{L}\p{N}_.-]{0,30})$/u);
    if (!match) return this.close();
    const [, , sign, typed] = match;
    this.start = before.length - typed.length - 1;
    if (sign === "@") this.entries = this.findMentions(typed);
    else this.entries = sign === ":" ? this.findEmoji(typed) : this.findCommands(typed);
    const whole = before.slice(this.start);
    // nothing is left to complete: Enter may send
    if (this.entries.length === 1 && this.entries[0].text.trimEnd() === whole) this.entries = [];
    this.active = 0;
    this.redraw();
  }

  /** There are other entries now; the chosen one stays chosen. */
  redrawChosen() {
    const chosen = this.entries[this.active]?.text;
    this.update();
    this.active = Math.max(0, this.entries.findIndex(({ text }) => text === chosen));
    this.markActive();
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

  redraw() {
    this.list.hidden = !this.open;
    this.list.setAttribute("aria-label", t("suggestions"));
    this.list.replaceChildren(...this.entries.map((entry, index) => this.createOption(entry, index)));
    this.markActive();
  }

  /**
   * @param {Suggestion} suggestion
   * @param {number} index
   */
  createOption({ mark, name, usage, hint }, index) {
    const option = document.createElement("li");
    option.id = `completion-${index}`;
    option.className = "completion__option";
    option.setAttribute("role", "option");
    const small = Object.assign(document.createElement("small"), { textContent: hint });
    option.append(
      mark,
      Object.assign(document.createElement("span"), {
        className: name.startsWith("/") ? "completion__name" : "",
        textContent: name,
      }),
    );
    if (usage) option.append(Object.assign(document.createElement("code"), { textContent: usage }));
    option.append(small);
    return option;
  }

  markActive() {
    [...this.list.children].forEach((option, index) =>
      option.setAttribute("aria-selected", String(index === this.active)),
    );
    this.list.children[this.active]?.scrollIntoView({ block: "nearest" });
    if (this.open) this.box.setAttribute("aria-activedescendant", `completion-${this.active}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /**
   * True when the key was for the list.
   * @param {any} event
   */
  onKey(event) {
    if (!this.open) return false;
    const step = STEPS[event.key];
    if (step) this.active = (this.active + step + this.entries.length) % this.entries.length;
    else if (event.key === "Enter" || event.key === "Tab") this.accept(this.active);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    if (step) this.markActive();
    return true;
  }

  /** @param {number} index */
  accept(index) {
    this.box.setRangeText(this.entries[index].text, this.start, this.box.selectionStart, "end");
    this.close();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    if (!this.open) return;
    this.entries = [];
    this.redraw();
  }
}
