// Choosing the series of a panel: all that there are, by source, found by typing; what is typed may be a pattern, too.
import { getJson } from "../myweb/api.js";
import { onKeydown } from "../chat/keyboard.js";
import { t } from "../myweb/i18n.js";
import { icon } from "../myweb/icons.js";

const SHOWN = 60; // of a source; typing finds the others
const build = (tag, className, ...children) => {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
};

export class Chooser {
  /** `place` holds `.chooser__chosen`, an `input` and `.chooser__list`; `changed(series)` is called at every change. */
  constructor(place, changed) {
    this.changed = changed;
    this.chosen = place.querySelector(".chooser__chosen");
    this.input = place.querySelector("input");
    this.list = place.querySelector(".chooser__list");
    this.sources = [];
    this.series = [];
    this.input.addEventListener("input", () => this.draw());
    onKeydown(this.input, (event) => event.key === "Enter" && (event.preventDefault(), this.take()));
    this.list.addEventListener("change", ({ target }) => this.toggle(target.value, target.checked));
    this.chosen.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.toggle(button.value, false);
    });
  }

  async load(url) {
    try {
      ({ sources: this.sources } = await getJson(url));
    } catch { /* names can still be typed */ }
    this.draw();
  }

  show(series) {
    this.series = [...series];
    this.input.value = "";
    this.draw();
  }

  toggle(name, on) {
    this.series = on ? [...new Set([...this.series, name])] : this.series.filter((each) => each !== name);
    this.changed(this.series);
    this.draw();
  }

  /** What was typed: a pattern, or the only series that is left. */
  take() {
    const typed = this.input.value.trim();
    const found = this.found().flatMap(({ names }) => names);
    const name =
      /^[\w-]+\../.test(typed) && (typed.includes("*") || typed.includes("?"))
        ? typed
        : found.length === 1
          ? found[0].full
          : typed;
    if (!/^[\w-]+\../.test(name)) return;
    this.input.value = "";
    this.toggle(name, true);
  }

  found() {
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

  draw() {
    this.chosen.replaceChildren(...this.series.map((name) => this.chip(name)));
    const found = this.found();
    this.list.replaceChildren(...found.map((group) => this.group(group)));
    if (!found.length) this.list.append(build("p", "chooser__none", t("no_series_found")));
  }

  chip(name) {
    const button = build("button", "chooser__remove", icon("close"));
    Object.assign(button, { type: "button", value: name });
    button.setAttribute("aria-label", t("remove_series", { name }));
    return build("li", "chooser__chip", name, button);
  }

  group({ title, names }) {
    const made = build("fieldset", "chooser__group", build("legend", "", title));
    for (const { full, name, unit } of names.slice(0, SHOWN)) {
      const box = Object.assign(document.createElement("input"), {
        type: "checkbox",
        value: full,
        checked: this.series.includes(full),
      });
      made.append(build("label", "chooser__line", box, build("span", "chooser__name", name), build("small", "", unit)));
    }
    if (names.length > SHOWN)
      made.append(build("p", "chooser__none", t("more_series", { count: names.length - SHOWN })));
    return made;
  }
}
