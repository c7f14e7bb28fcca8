// Completion in the search: the names of filters, then the people, rooms, kinds and days that they take.
import { readBlock } from "../myweb/i18n.js";
import { onKeydown } from "../myweb/keyboard.js";
import { onView } from "../myweb/view.js";
import { rankMatches } from "./name_matching.js";
import { SuggestionList } from "../myweb/suggestion_list.js";

const MOST = 8;

/**
 * @typedef {object} SearchFilter
 * @property {string} name such as "from"
 * @property {string} hint
 * @property {[string, string][]} values each with what it is called beside
 */

class SearchFilters extends SuggestionList {
  /** @type {SearchFilter[]} */
  filters = readBlock("page-filters") ?? [];

  update() {
    const match = this.before.match(/(?:^|\s)(-?)(?:([a-z]+):)?("?[^\s":]*)$/);
    if (!match) return this.close();
    const [, , name, typed] = match;
    if (name) this.suggest(this.before.length - typed.length, this.findValues(name, typed.replace('"', "")));
    else if (typed) this.suggest(this.before.length - typed.length, this.findNames(typed));
    else this.close();
  }

  /** @param {string} typed */
  findNames(typed) {
    return this.filters
      .filter(({ name }) => name.startsWith(typed))
      .map(({ name, hint }) => ({ mark: "", name: `${name}:`, hint, text: `${name}:` }));
  }

  /**
   * @param {string} name
   * @param {string} typed
   */
  findValues(name, typed) {
    const values = this.filters.find((filter) => filter.name === name)?.values ?? [];
    return rankMatches(values, typed, (names) => names)
      .slice(0, MOST)
      .map(([value, hint]) => ({ mark: "", name: value, hint, text: `${/\s/.test(value) ? `"${value}"` : value} ` }));
  }
}

onView("#search-form", (form) => {
  const box = form.querySelector("#q");
  const list = form.querySelector("[role=listbox]");
  const suggestions = new SearchFilters(box, list);
  onKeydown(box, (event) => suggestions.onKey(event));
});
