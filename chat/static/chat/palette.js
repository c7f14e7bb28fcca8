// Ctrl K: go to anything or do it, by typing a few letters. Enter on anything else searches the messages for it.
import { submitForm } from "../myweb/api.js";
import { createElement, findElement, getElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { urls } from "../myweb/urls.js";
import { onKeydown } from "../myweb/keyboard.js";
import { visit } from "./navigation.js";
import { createAvatar } from "./page.js";
import { PaletteEntries, isPlace } from "./palette_entries.js";
import { matchEntries, splitByMatch, splitWords } from "./palette_matching.js";

const MAX_MATCHES = 12;
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** @param {PaletteEntry} entry */
const identify = ({ kind = "", href = "", name }) => `${kind} ${href || name}`;

export class Palette {
  /** @type {PaletteEntry[]} */
  known = []; // since it was opened
  /** @type {PaletteEntry[]} */
  shown = [];
  /** @type {HTMLElement[]} */
  options = [];
  active = 0;

  /** @param {ShellParts} shell */
  constructor(shell) {
    this.entries = new PaletteEntries(shell);
    this.recents = shell.recents;
    this.dialog = getElement("palette", HTMLDialogElement);
    this.input = findElement(this.dialog, "input", HTMLInputElement);
    this.list = findElement(this.dialog, "[role=listbox]", HTMLElement);
    this.note = findElement(this.dialog, ".palette__note", HTMLElement);
    this.count = findElement(this.dialog, ".palette__count", HTMLElement);
    this.input.addEventListener("input", () => this.redraw());
    onKeydown(this.input, (event) => this.onKey(event));
    this.list.addEventListener("click", (/** @type {any} */ event) =>
      this.choose(this.options.indexOf(event.target.closest("[role=option]")), event.ctrlKey || event.metaKey),
    );
    findElement(this.dialog, ".palette__close", HTMLElement).addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.clear());
  }

  toggle() {
    if (this.dialog.open) return this.dialog.close();
    this.dialog.showModal();
    this.known = this.entries.list();
    this.redraw();
    this.note.hidden = true;
    this.entries.load().then((changed) => changed && this.refresh()).catch(() => {
      this.note.textContent = t("palette_unavailable");
      this.note.hidden = false;
    });
  }

  /** The option that is chosen stays it, if it is still there. */
  refresh() {
    const before = this.active > 0 ? this.shown[this.active] : null;
    this.known = this.entries.list();
    this.redraw();
    const found = before ? this.shown.findIndex((entry) => identify(entry) === identify(before)) : 0;
    this.active = Math.max(found, 0);
    this.markActive();
  }

  clear() {
    this.input.value = "";
    this.known = [];
    this.shown = [];
    this.options = [];
    this.list.replaceChildren();
    this.count.textContent = "";
  }

  redraw() {
    if (!this.dialog.open) return;
    const words = splitWords(this.input.value);
    const sections = words.length
      ? [{ title: "", entries: this.findEntries(words) }]
      : this.entries.suggest(this.known);
    this.shown = sections.flatMap(({ entries }) => entries);
    this.options = this.shown.map((entry, index) => this.createOption(entry, index, words));
    let drawn = 0;
    this.list.replaceChildren(...sections.flatMap(({ title, entries }, index) => {
      const options = this.options.slice(drawn, drawn += entries.length);
      return title ? [createSection(title, index, options)] : options;
    }));
    this.active = 0;
    this.count.textContent = words.length ? t("palette_count", { count: this.shown.length }) : "";
    this.input.setAttribute("aria-expanded", String(this.shown.length > 0));
    this.markActive();
  }

  /** @param {string[]} words */
  findEntries(words) {
    const text = this.input.value.trim();
    const found = matchEntries(this.known, words).slice(0, MAX_MATCHES);
    /** @type {PaletteEntry[]} */
    const searches = this.entries.searches.map(({ kind, label, search }) => ({
      kind: `search ${kind}`, label, name: t("palette_search", { text }), icon: "search",
      href: search + encodeURIComponent(text),
    }));
    const label = t("palette_messages");
    searches.push({ kind: "search", label, name: t("search_for", { text }), icon: "search", href: urls.search(text) });
    return [...found, ...searches];
  }

  /**
   * @param {PaletteEntry} entry
   * @param {number} index
   * @param {string[]} words
   */
  createOption(entry, index, words) {
    const parts = splitByMatch(entry.name, entry.kind?.startsWith("search") ? [] : words);
    const name = createElement("span", "palette__name", ...parts.map((part, turn) =>
      (turn % 2 ? createElement("mark", "", part) : part)));
    const hint = createElement("small", "palette__hint", entry.hint ?? "");
    name.dir = hint.dir = "auto";
    const kind = createElement("span", "palette__kind", entry.label ?? "");
    const option = createElement("div", "palette__option", createSign(entry), name, " ", hint, " ", kind);
    option.id = `palette-${index}`;
    option.setAttribute("role", "option");
    return option;
  }

  markActive() {
    for (const [index, option] of this.options.entries())
      option.setAttribute("aria-selected", String(index === this.active));
    const option = this.options[this.active];
    if (this.active === 0) this.list.scrollTop = 0;
    else option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const step = STEPS[event.key];
    const { length } = this.shown;
    if (step && length) this.active = (this.active + step + length) % length;
    else if (event.key === "Enter") this.choose(this.active, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
    this.markActive();
  }

  /**
   * @param {number} index
   * @param {boolean} inNewTab
   */
  choose(index, inNewTab = false) {
    const entry = this.shown[index];
    if (!entry) return;
    const { act, fields, href } = entry;
    this.dialog.close();
    if (href && isPlace(entry)) this.recents.add(href);
    if (inNewTab && href && !fields) window.open(href, "_blank", "noopener");
    else if (act) act();
    else if (href && fields) submitForm(href, fields);
    else if (href) visit(href);
  }
}

/**
 * @param {string} title
 * @param {number} index
 * @param {HTMLElement[]} options
 */
function createSection(title, index, options) {
  const heading = createElement("div", "palette__title", title);
  heading.id = `palette-title-${index}`;
  heading.setAttribute("role", "presentation");
  const section = createElement("div", "", heading, ...options);
  section.setAttribute("role", "group");
  section.setAttribute("aria-labelledby", heading.id);
  return section;
}

/** @param {PaletteEntry} entry */
function createSign({ icon = "", tone = "", person }) {
  if (person) return createAvatar({ id: person[0], initials: person[1], colour: person[2], picture: person[3] }, "s");
  const sign = createElement("span", "palette__sign", tone ? "" : createIcon(icon));
  if (tone) sign.dataset.tone = tone;
  sign.setAttribute("aria-hidden", "true");
  return sign;
}
