// Completion in the composer: @people and :emoji:. The text box stays focused; the list is told by aria-activedescendant.
import { avatar, t } from "./page.js";
import { named } from "./emoji.js";

const MOST = 8;

export class Completion {
  constructor(box, list, people) {
    Object.assign(this, { box, list, people, found: [], at: 0 });
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
    const match = before.match(/(^|[\s(（，。、])([@:])([\p{L}\p{N}_.-]{0,30})$/u);
    if (!match) return this.close();
    const [, , sign, typed] = match;
    this.start = before.length - typed.length - 1;
    this.found = sign === "@" ? this.mentions(typed.toLocaleLowerCase()) : this.emoji(typed.toLowerCase());
    const whole = before.slice(this.start);
    if (this.found.length === 1 && this.found[0].text === `${whole} `) this.found = []; // nothing is left to complete: Enter may send
    this.at = 0;
    this.draw();
  }

  mentions(typed) {
    const rank = ({ name, handle }) => (name.toLocaleLowerCase().startsWith(typed) || handle.startsWith(typed) ? 0 : 1);
    return this.people()
      .filter(({ name, handle }) => name.toLocaleLowerCase().includes(typed) || handle.includes(typed))
      .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name))
      .slice(0, MOST)
      .map((person) => ({ mark: avatar(person, "s"), name: person.name, hint: `@${person.handle}`, text: `@${person.handle} ` }));
  }

  emoji(typed) {
    if (typed.length < 2) return [];
    return named(typed).slice(0, MOST).map(([character, name]) => ({ mark: character, name: `:${name}:`, hint: "", text: `${character} ` }));
  }

  draw() {
    this.list.hidden = !this.open;
    this.box.setAttribute("aria-expanded", String(this.open));
    this.list.setAttribute("aria-label", t("suggestions"));
    this.list.replaceChildren(...this.found.map((entry, index) => this.option(entry, index)));
    this.point();
  }

  option({ mark, name, hint }, index) {
    const option = document.createElement("li");
    option.id = `completion-${index}`;
    option.className = "completion__option";
    option.setAttribute("role", "option");
    const small = Object.assign(document.createElement("small"), { textContent: hint });
    option.append(mark, Object.assign(document.createElement("span"), { textContent: name }), small);
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
