// Choosing the series of a panel: all that there are, by source, found by typing; what is typed may be a pattern, too.
import { getJson } from "../myweb/api.js";
import { onKeydown } from "../myweb/keyboard.js";
import { createElement, findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";

const MAX_SHOWN = 60; // of a source; typing finds the others

export class SeriesChooser {
  /**
   * `place` holds `.chooser__chosen`, an `input` and `.chooser__list`; `changed(series)` is called at every change.
   * @param {HTMLElement} place
   * @param {(series: string[]) => void} changed
   */
  constructor(place, changed) {
    this.changed = changed;
    this.chosen = findElement(place, ".chooser__chosen", HTMLElement);
    this.input = findElement(place, "input", HTMLInputElement);
    this.list = findElement(place, ".chooser__list", HTMLElement);
    /** @type {SourceSeries[]} */
    this.sources = [];
    /** @type {string[]} */
    this.series = [];
    this.input.addEventListener("input", () => this.redraw());
    onKeydown(this.input, (event) => event.key === "Enter" && (event.preventDefault(), this.addTyped()));
    this.list.addEventListener("change", (/** @type {any} */ { target }) => this.toggle(target.value, target.checked));
    this.chosen.addEventListener("click", (/** @type {any} */ event) => {
      const button = event.target.closest("button");
      if (button) this.toggle(button.value, false);
    });
  }

  /** @param {string} url */
  async load(url) {
    try {
      ({ sources: this.sources } = await getJson(url));
    } catch { /* names can still be typed */ }
    this.redraw();
  }

  /** @param {string[]} series */
  show(series) {
    this.series = [...series];
    this.input.value = "";
    this.redraw();
  }

  /**
   * @param {string} name
   * @param {boolean} on
   */
  toggle(name, on) {
    this.series = on ? [...new Set([...this.series, name])] : this.series.filter((other) => other !== name);
    this.changed(this.series);
    this.redraw();
  }

  /** What was typed: a pattern, or the series that is marked in the list. */
  addTyped() {
    const typed = this.input.value.trim();
    const isPattern = /[*?]/.test(typed);
    const name = (!isPattern && this.findMarked()) || typed;
    if (!/^[\w-]+\../.test(name)) return;
    this.input.value = "";
    this.toggle(name, true);
  }

  /** The series that Enter chooses: the one that was typed, else the first that is not chosen. */
  findMarked() {
    const typed = this.input.value.trim();
    if (!typed) return "";
    const names = this.findSeries().flatMap((group) => group.names.map(({ full }) => full));
    return names.find((name) => name === typed) ?? names.find((name) => !this.series.includes(name)) ?? "";
  }

  findSeries() {
    /** @type {string[]} */
    const words = this.input.value.toLowerCase().replaceAll("*", " ").split(/\s+/).filter(Boolean);
    return this.sources
      .map(({ key, title, series }) => {
        const names = series.map(([name, unit]) => ({ full: `${key}.${name}`, name, unit }));
        return {
          title,
          names: names.filter(({ full }) => words.every((word) => `${full} ${title}`.toLowerCase().includes(word))),
        };
      })
      .filter(({ names }) => names.length);
  }

  redraw() {
    this.chosen.replaceChildren(...this.series.map((name) => this.createChip(name)));
    const groups = this.findSeries();
    const marked = this.findMarked();
    this.list.replaceChildren(...groups.map((group) => this.createGroup(group, marked)));
    if (!groups.length) this.list.append(createElement("p", "chooser__none", t("no_series_found")));
  }

  /** @param {string} name */
  createChip(name) {
    const button = createElement("button", "chooser__remove", createIcon("close"));
    Object.assign(button, { type: "button", value: name });
    button.setAttribute("aria-label", t("remove_series", { name }));
    return createElement("li", "chooser__chip", name, button);
  }

  /**
   * @param {SeriesGroup} group
   * @param {string} marked
   */
  createGroup({ title, names }, marked) {
    const group = createElement("fieldset", "chooser__group", createElement("legend", "", title));
    for (const { full, name, unit } of names.slice(0, MAX_SHOWN)) {
      const box = Object.assign(document.createElement("input"), {
        type: "checkbox",
        value: full,
        checked: this.series.includes(full),
      });
      const line = createElement(
        "label",
        "chooser__line",
        box,
        createElement("span", "chooser__name", name),
        createElement("small", "", unit),
      );
      line.toggleAttribute("data-marked", full === marked);
      group.append(line);
    }
    if (names.length > MAX_SHOWN)
      group.append(createElement("p", "chooser__none", t("more_series", { count: names.length - MAX_SHOWN })));
    return group;
  }
}
