// The busiest programs of the machine: a small table that is asked for again every few seconds while it is seen.
import { getDocument } from "../myweb/api.js";
const EVERY = 5_000;

class BusyPrograms extends HTMLElement {
  connectedCallback() {
    this.place = this.querySelector(".programs__table");
    this.look = () => this.ask();
    document.addEventListener("visibilitychange", this.look);
    this.ask();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.look);
    clearTimeout(this.timer);
  }

  async ask() {
    clearTimeout(this.timer);
    if (document.visibilityState !== "visible") return;
    try {
      this.show(await getDocument(this.getAttribute("src")));
      this.toggleAttribute("data-old", false);
    } catch {
      this.toggleAttribute("data-old", true);
    }
    this.timer = setTimeout(this.look, EVERY);
  }

  show({ body }) {
    this.place.replaceChildren(...body.childNodes);
    this.hidden = false;
  }
}

customElements.define("busy-programs", BusyPrograms);
