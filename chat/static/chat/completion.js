// Completion in the composer: @people, :emoji: and, at the very start, /commands. The text box stays focused; the list
// is told by aria-activedescendant.
import { emoji } from "./emoji.js";
import { avatar, commands } from "./page.js";
import { language, t } from "../myweb/i18n.js";
import { ranked } from "./ranking.js";

const MOST = 8;

export class Completion {
  start = 0; // where the text that is completed begins

  constructor(box, list, people) {
    this.box = box;
    this.list = list;
    this.people = people;
    this.found = [];
    this.at = 0;
    box.addEventListener("input", () => this.look());
    box.addEventListener("blur", () => this.close());
    box.addEventListener("click", () => this.look());
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take([...list.children].indexOf(option));
    });
  }

  get open() { return this.found.length > 0; }

  look() {
    const before = this.box.value.slice(0, this.box.selectionStart);
    const command = /^\S/.test(this.box.value.slice(before.length)) ? null : before.match(/^\/([\p{L}\p{N}-]*)$/u);
    const match = command ? ["", "", "/", command[1]] : before.match(/(^|[\s(（，。、])([@:])([\p{L}\p{N}_.-]{0,30})$/u);
    if (!match) return this.close();
    const [, , sign, typed] = match;
    this.start = before.length - typed.length - 1;
    this.found = { "@": this.mentions, ":": this.emoji, "/": this.slashes }[sign].call(this, typed);
    const whole = before.slice(this.start);
    // nothing is left to complete: Enter may send
    if (this.found.length === 1 && this.found[0].text.trimEnd() === whole) this.found = [];
    this.at = 0;
    this.draw();
  }

  mentions(typed) {
    const people = this.people().sort((one, other) => one.name.localeCompare(other.name, language));
    return ranked(people, typed, ({ name, handle }) => [handle, name])
      .slice(0, MOST)
      .map((person) => ({
        mark: avatar(person, "s"),
        name: person.name,
        hint: `@${person.handle}`,
        text: `@${person.handle} `,
      }));
  }

  emoji(typed) {
    if (typed.length < 2) return [];
    return ranked(emoji, typed, ([, name]) => [name])
      .slice(0, MOST)
      .map(([character, name]) => ({ mark: character, name: `:${name}:`, hint: "", text: `${character} ` }));
  }

  slashes(typed) {
    return ranked(commands, typed, ({ name }) => [name])
      .filter(({ name }) => name.startsWith(typed.toLowerCase()))
      .map(({ name, usage, summary }) => ({
        mark: "",
        name: `/${name}`,
        usage,
        hint: summary,
        text: usage ? `/${name} ` : `/${name}`,
      }));
  }

  draw() {
    this.list.hidden = !this.open;
    this.box.setAttribute("aria-expanded", String(this.open));
    this.list.setAttribute("aria-label", t("suggestions"));
    this.list.replaceChildren(...this.found.map((entry, index) => this.option(entry, index)));
    this.point();
  }

  option({ mark, name, usage, hint }, index) {
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

  point() {
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
    if (this.open) this.box.setAttribute("aria-activedescendant", `completion-${this.at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /** True when the key was for the list. */
  key(event) {
    if (!this.open) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.at = (this.at + step + this.found.length) % this.found.length;
    else if (event.key === "Enter" || event.key === "Tab") this.take(this.at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    if (step) this.point();
    return true;
  }

  take(index) {
    this.box.setRangeText(this.found[index].text, this.start, this.box.selectionStart, "end");
    this.close();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    if (!this.open) return;
    this.found = [];
    this.draw();
  }
}
