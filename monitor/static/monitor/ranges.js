// Which range is shown. It is in the address, so that it can be sent to somebody and the browser's own "back" works.
import { words } from "./formats.js";

const SECONDS = {
  "5m": 300,
  "1h": 3600,
  "1d": 86_400,
  "7d": 604_800,
  "30d": 2_592_000,
  "1y": 31_536_000,
  "2y": 63_072_000,
};
const FIRST = "5m";
const [LEAST, MOST] = [10, SECONDS["2y"]];

export class Ranges {
  /** @type {any} */
  range = null;

  /** `place` holds the links and buttons; `changed(range)` is told at once and at each change. */
  constructor(place, now, changed) {
    this.place = place;
    this.now = now;
    this.changed = changed;
    this.said = place.querySelector(".ranges__said");
    place.addEventListener("click", (event) => this.clicked(event));
    addEventListener("popstate", () => this.read());
    this.read();
  }

  /** `{ name, seconds }` up to now, or `{ seconds: null, from, to }`. */
  read() {
    const asked = new URLSearchParams(location.search);
    const [from, to] = [Number(asked.get("from")), Number(asked.get("to"))];
    const name = asked.get("range") in SECONDS ? asked.get("range") : FIRST;
    this.range = from > 0 && to > from ? { seconds: null, from, to } : { name, seconds: SECONDS[name] };
    this.paint();
    this.changed(this.range);
  }

  paint() {
    const { name, from, to } = this.range;
    for (const link of this.place.querySelectorAll("[data-range]")) {
      if (link.dataset.range === name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    this.place.toggleAttribute("data-zoomed", !name);
    this.said.textContent = name ? "" : words(from, to);
    // the next dashboard shows the same
    for (const link of document.querySelectorAll(".tabs__tab")) link.search = location.search;
  }

  /** Zooming in goes on from where one was: `back` leads out again. */
  go(query) {
    const depth = (history.state?.depth ?? 0) + 1;
    history.pushState({ depth }, "", `?${new URLSearchParams(query)}`);
    this.read();
  }

  zoom(from, to) {
    const middle = (from + to) / 2;
    const half = Math.min(Math.max(to - from, LEAST), MOST) / 2;
    const end = Math.min(Math.round(middle + half), Math.ceil(this.now()));
    this.go({ from: Math.min(Math.round(middle - half), end - LEAST), to: end });
  }

  back() {
    if (history.state?.depth) history.back();
    else this.go({ range: FIRST });
  }

  clicked(event) {
    const link = event.target.closest("[data-range]");
    const button = event.target.closest("[data-moves]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.go({ range: link.dataset.range });
    } else if (button) this.move(button.dataset.moves);
  }

  move(how) {
    const { seconds, from = this.now() - seconds, to = this.now() } = this.range;
    const long = to - from;
    if (how === "back") this.back();
    if (how === "earlier") this.zoom(from - long / 2, to - long / 2);
    if (how === "later") this.zoom(Math.min(from + long / 2, this.now() - long), Math.min(to + long / 2, this.now()));
    if (how === "closer") this.zoom(from + long / 4, to - long / 4);
    if (how === "farther") this.zoom(from - long / 2, to + long / 2);
  }
}
