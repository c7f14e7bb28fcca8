// The range of time that is shown. It is part of the URL, so that links and the browser's "back" work.
import { formatRange } from "../metrics/chart_labels.js";

const MIN_SECONDS = 10;

export class Ranges {
  /** @type {TimeRange} */
  range = { seconds: null };

  /**
   * `place` holds the links and buttons; `changed(range)` is called at once and at each change.
   * @param {HTMLElement} place
   * @param {() => number} now
   * @param {(range: TimeRange) => void} changed
   * @param {AbortSignal} signal
   */
  constructor(place, now, changed, signal) {
    this.place = place;
    this.now = now;
    this.changed = changed;
    this.rangeText = place.querySelector(".ranges__text");
    /** @type {Map<string, number>} */
    this.secondsByName = new Map(); // of RANGES in monitor/dashboards/ranges.py
    for (const { dataset } of place.querySelectorAll("[data-seconds]"))
      this.secondsByName.set(dataset.range, Number(dataset.seconds));
    this.defaultRange = [...this.secondsByName.keys()][0];
    this.maxSeconds = Math.max(...this.secondsByName.values());
    place.addEventListener("click", (event) => this.onClick(event));
    addEventListener("popstate", () => this.readUrl(), { signal });
    this.readUrl();
  }

  /** `{ name, seconds }` up to now, or `{ seconds: null, from, to }`. */
  readUrl() {
    const query = new URLSearchParams(location.search);
    const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
    const wanted = query.get("range") ?? "";
    const name = this.secondsByName.has(wanted) ? wanted : this.defaultRange;
    const seconds = this.secondsByName.get(name) ?? null;
    this.range = from > 0 && to > from ? { seconds: null, from, to } : { name, seconds };
    this.updateLinks();
    this.changed(this.range);
  }

  updateLinks() {
    const { name, from, to } = this.range;
    for (const link of this.place.querySelectorAll("[data-range]")) {
      if (link.dataset.range === name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    this.place.toggleAttribute("data-zoomed", !name);
    if (this.rangeText) this.rangeText.textContent = name ? "" : formatRange(from ?? 0, to ?? 0);
    // the next dashboard shows the same
    /** @type {NodeListOf<any>} */
    const tabs = document.querySelectorAll(".tabs__tab");
    for (const link of tabs) link.search = location.search;
  }

  /**
   * Zooming in goes on from where one was: `back` leads out again.
   * @param {Record<string, any>} query
   */
  setQuery(query) {
    const depth = (history.state?.depth ?? 0) + 1;
    history.pushState({ depth }, "", `?${new URLSearchParams(query)}`);
    this.readUrl();
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  zoom(from, to) {
    const middle = (from + to) / 2;
    const half = Math.min(Math.max(to - from, MIN_SECONDS), this.maxSeconds) / 2;
    const end = Math.min(Math.round(middle + half), Math.ceil(this.now()));
    this.setQuery({ from: Math.min(Math.round(middle - half), end - MIN_SECONDS), to: end });
  }

  zoomOut() {
    if (history.state?.depth) history.back();
    else this.setQuery({ range: this.defaultRange });
  }

  /** @param {any} event */
  onClick(event) {
    const link = event.target.closest("[data-range]");
    const button = event.target.closest("[data-moves]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.setQuery({ range: link.dataset.range });
    } else if (button) this.shiftRange(button.dataset.moves);
  }

  /** @param {string} how */
  shiftRange(how) {
    const { seconds, from = this.now() - (seconds ?? 0), to = this.now() } = this.range;
    const long = to - from;
    if (how === "back") this.zoomOut();
    if (how === "earlier") this.zoom(from - long / 2, to - long / 2);
    if (how === "later") this.zoom(Math.min(from + long / 2, this.now() - long), Math.min(to + long / 2, this.now()));
    if (how === "closer") this.zoom(from + long / 4, to - long / 4);
    if (how === "farther") this.zoom(from - long / 2, to + long / 2);
  }
}
