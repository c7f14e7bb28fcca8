// The busiest programs of the machine: a small table that is asked for again every few seconds while it is seen.
import { request } from "../myweb/api.js";
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
      const answer = await request(this.getAttribute("src"), { headers: { "X-Requested-With": "fetch" } });
      if (answer.ok && !answer.redirected) this.show(await answer.text());
      this.toggleAttribute("data-old", !answer.ok);
    } catch {
      this.toggleAttribute("data-old", true);
    }
    this.timer = setTimeout(this.look, EVERY);
  }

  show(html) {
    this.place.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    this.hidden = false;
  }
}

customElements.define("busy-programs", BusyPrograms);
