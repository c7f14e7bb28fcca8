// A list of suggestions under a text field: chosen by pointer or arrows, narrowed by typing. Anything may still be
// typed.
import { onKeydown } from "../myweb/keyboard.js";
import { createElement } from "../myweb/elements.js";

/** @typedef {{ value: string, label?: string, note?: string }} Choice */

const MAX_SHOWN = 100;
let created = 0;

export class ChoiceList {
  /** @type {Choice[]} */
  choices = [];
  marked = -1;
  typed = false; // since the list was opened: an untouched field shows all choices

  /**
   * @param {HTMLInputElement} input
   * @param {() => Choice[]} find what there is to choose from now
   */
  constructor(input, find) {
    this.input = input;
    this.find = find;
    this.list = createElement("ul", "choice-list");
    this.list.id = `choice-list-${created += 1}`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.labels?.[0]?.textContent ?? "");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.list.id);
    input.after(this.list);
    input.addEventListener("focus", () => this.open());
    input.addEventListener("click", () => this.open());
    input.addEventListener("blur", () => this.close());
    input.addEventListener("input", () => { this.typed = true; this.update(); });
    onKeydown(input, (event) => this.onKey(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the field
    this.list.addEventListener("click", ({ target }) => {
      const option = target instanceof Element ? target.closest("[role=option]") : null;
      if (option) this.choose(this.choices[[...this.list.children].indexOf(option)]);
    });
  }

  open() {
    const words = this.typed ? this.input.value.toLowerCase().split(/[\s*]+/).filter(Boolean) : [];
    this.choices = this.find()
      .filter(({ value, label = "" }) => words.every((word) => `${value} ${label}`.toLowerCase().includes(word)))
      .slice(0, MAX_SHOWN);
    this.marked = this.typed ? -1 : this.choices.findIndex(({ value }) => value === this.input.value);
    this.list.replaceChildren(...this.choices.map((choice, index) => this.createOption(choice, index)));
    this.show(this.choices.length > 0);
    this.mark(this.marked);
  }

  /** There may be other choices now. */
  update() { if (document.activeElement === this.input) this.open(); }

  /**
   * @param {Choice} choice
   * @param {number} index
   */
  createOption({ value, label = "", note = "" }, index) {
    const option = createElement("li", "", createElement("span", "", value));
    if (label || note) option.append(createElement("small", "", [label, note].filter(Boolean).join(" · ")));
    option.id = `${this.list.id}-${index}`;
    option.setAttribute("role", "option");
    return option;
  }

  /** @param {boolean} shown */
  show(shown) {
    this.list.hidden = !shown;
    this.input.setAttribute("aria-expanded", String(shown));
    if (!shown) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.show(false);
    this.typed = false;
  }

  /** @param {number} index */
  mark(index) {
    this.marked = index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const option = this.list.children[index];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  /** @param {Choice | undefined} choice */
  choose(choice) {
    if (!choice) return;
    this.input.value = choice.value;
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.list.hidden) this.open();
      else this.mark(Math.min(this.choices.length - 1, Math.max(0, this.marked + step)));
    } else if (event.key === "Enter" && !this.list.hidden && this.marked >= 0) {
      event.preventDefault();
      this.choose(this.choices[this.marked]);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }
}
