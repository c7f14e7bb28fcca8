// <connection-state>: the truth about the connection, always on the screen.
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { clock } from "../myweb/time.js";

const [SIGNED_OUT, OTHER_USER, FORBIDDEN] = [4101, 4102, 4103];
const STRIPS = { [SIGNED_OUT]: "strip_signed_out", [OTHER_USER]: "strip_other_user", [FORBIDDEN]: "strip_forbidden" };
const PATIENCE = 700; // a catch-up shorter than this is not worth a word

export class ConnectionState extends HTMLElement {
  unstored = false;

  connectedCallback() {
    this.text = this.querySelector(".state__text");
    this.latency = this.querySelector(".state__latency");
    this.strip = document.getElementById("connection-strip");
    this.reload = this.strip.querySelector("button");
    this.reload.addEventListener("click", () => location.reload());
  }

  /** `unstored` may be set: what is written while offline is lost with the page. */
  follow(socket) {
    this.socket = socket;
    this.hidden = false; // without scripts nothing connects
    socket.addEventListener("state", () => this.changed());
    this.changed();
  }

  changed() {
    const { state, latency, closeCode } = this.socket;
    clearTimeout(this.timer);
    this.latency.textContent = state === "live" && latency !== null ? t("latency", { ms: latency }) : "";
    if (this.dataset.state === "live" && state === "catching-up") this.timer = setTimeout(() => this.draw(), PATIENCE);
    else this.draw();
    if (state === "stopped" && closeCode === SIGNED_OUT)
      location.assign(`${urls.signIn}?next=${encodeURIComponent(location.pathname)}`);
  }

  draw() {
    const { state, since, closeCode, otherUser } = this.socket;
    if (this.dataset.state === state && state !== "stopped") return;
    this.dataset.state = state;
    const time = since ? clock(since) : "";
    this.text.textContent = t(`state_${state.replace("-", "_")}`, { time });
    this.strip.hidden = state !== "offline" && state !== "stopped";
    const offline = this.unstored ? "strip_offline_unstored" : "strip_offline";
    const key = state === "offline" ? offline : (STRIPS[closeCode] ?? "strip_stopped");
    if (!this.strip.hidden)
      this.strip.querySelector("span").textContent = t(key, { time, name: otherUser || t("another_user") });
    this.reload.hidden = state !== "stopped";
  }
}
customElements.define("connection-state", ConnectionState);
