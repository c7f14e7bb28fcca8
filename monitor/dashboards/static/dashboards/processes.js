// The busiest processes of the machine: a small table, reloaded every few seconds while it is visible.
import { findElement } from "../myweb/elements.js";
import { getDocument } from "../myweb/api.js";
import { onView } from "../myweb/view.js";
const REFRESH_INTERVAL = 5_000;

class ProcessTable {
  timer = 0;

  /**
   * @param {HTMLElement} root
   * @param {AbortSignal} signal
   */
  constructor(root, signal) {
    this.signal = signal;
    this.root = root;
    this.place = findElement(root, ".processes__table", HTMLElement);
    document.addEventListener("visibilitychange", () => this.refresh(), { signal });
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.timer);
    if (document.visibilityState !== "visible" || this.signal.aborted) return;
    try {
      this.show(await getDocument(this.root.dataset.src));
      this.root.toggleAttribute("data-old", false);
    } catch {
      this.root.toggleAttribute("data-old", true);
    }
    this.timer = setTimeout(() => this.refresh(), REFRESH_INTERVAL);
  }

  /** @param {Document} page */
  show({ body }) {
    this.place.replaceChildren(...body.childNodes);
    this.root.hidden = false;
  }
}

onView(".processes", (panel, signal) => new ProcessTable(panel, signal));
