// The busiest programs of the machine: a small table that is asked for again every few seconds while it is seen.
import { getDocument } from "../myweb/api.js";
const REFRESH_INTERVAL = 5_000;

class BusyPrograms {
  timer = 0;

  constructor(root) {
    this.root = root;
    this.place = root.querySelector(".programs__table");
    document.addEventListener("visibilitychange", () => this.refresh());
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.timer);
    if (document.visibilityState !== "visible") return;
    try {
      this.show(await getDocument(this.root.dataset.src));
      this.root.toggleAttribute("data-old", false);
    } catch {
      this.root.toggleAttribute("data-old", true);
    }
    this.timer = setTimeout(() => this.refresh(), REFRESH_INTERVAL);
  }

  show({ body }) {
    this.place.replaceChildren(...body.childNodes);
    this.root.hidden = false;
  }
}

for (const panel of document.querySelectorAll(".programs")) new BusyPrograms(panel);
