// A list of suggestions at a text box. The box stays focused; the list is told by aria-activedescendant.
import { t } from "./i18n.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export class SuggestionList {
  start = 0; // where the text that is completed begins
  /** @type {Suggestion[]} */
  entries = [];
  active = 0;

  /**
   * @param {HTMLTextAreaElement | HTMLInputElement} box
   * @param {HTMLElement} list
   */
  constructor(box, list) {
    this.box = box;
    this.list = list;
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

  /** The text before the caret. */
  get before() { return this.box.value.slice(0, this.box.selectionStart ?? 0); }

  /** Finds what completes the text before the caret, and calls `suggest()` or `close()`. */
  update() {}

  /**
   * @param {number} start where what is completed begins
   * @param {Suggestion[]} entries
   */
  suggest(start, entries) {
    this.start = start;
    // nothing is left to complete: Enter may send
    const isWhole = entries.length === 1 && entries[0].text.trimEnd() === this.before.slice(start);
    this.entries = isWhole ? [] : entries;
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

  redraw() {
    this.list.hidden = !this.open;
    if (this.box.getAttribute("role") === "combobox") this.box.setAttribute("aria-expanded", String(this.open));
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
    option.id = `${this.list.id}-${index}`;
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
    if (this.open) this.box.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
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
    this.box.setRangeText(this.entries[index].text, this.start, this.before.length, "end");
    this.close();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    if (!this.open) return;
    this.entries = [];
    this.redraw();
  }
}
