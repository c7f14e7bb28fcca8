// The state of the connection, always on the screen.
import { findElement, getElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { formatClock, formatMoment } from "../myweb/time.js";
import { hasTyped } from "./navigation.js";

const [SIGNED_OUT, OTHER_USER, FORBIDDEN] = [4101, 4102, 4103];
/** @type {Record<number, string>} */
const STRIPS = { [SIGNED_OUT]: "strip_signed_out", [OTHER_USER]: "strip_other_user", [FORBIDDEN]: "strip_forbidden" };
const SHOW_DELAY = 700; // ms; a shorter catch-up is not shown

export class ConnectionState {
  unstored = false; // what is written while offline is lost with the page
  /** @type {number | null} */
  storedAt = null; // when what is shown was copied: the page was opened without a network
  timer = 0;

  // What the page shows it in; set by bind().
  root = /** @type {HTMLElement} */ (/** @type {any} */ (null));
  text = this.root;
  latency = this.root;
  strip = this.root;
  reload = this.root;

  /** @param {import("../realtime/socket.js").Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.addEventListener("state", () => this.root && this.onState());
  }

  /**
   * The view is another, with an element of its own.
   * @param {HTMLElement} root
   */
  bind(root) {
    if (root !== this.root) {
      this.root = root;
      this.text = findElement(root, ".state__text", HTMLElement);
      this.latency = findElement(root, ".state__latency", HTMLElement);
      this.strip = getElement("connection-strip", HTMLElement);
      this.reload = findElement(this.strip, "button", HTMLButtonElement);
      this.reload.onclick = () => location.reload();
    }
    root.hidden = false; // without scripts nothing connects
    this.onState();
  }

  onState() {
    const { state, latency, closeCode } = this.socket;
    clearTimeout(this.timer);
    this.latency.textContent = state === "live" && latency !== null ? t("latency", { ms: latency }) : "";
    const isCatchingUp = this.root.dataset.state === "live" && state === "catching-up";
    if (isCatchingUp) this.timer = setTimeout(() => this.redraw(), SHOW_DELAY);
    else this.redraw();
    if (state === "stopped" && closeCode === SIGNED_OUT && !hasTyped()) // else the form offers itself again
      location.assign(`${urls.signIn}?next=${encodeURIComponent(location.pathname)}`);
  }

  /** @param {number | null} at */
  setStoredAt(at) {
    if (at === this.storedAt) return;
    this.storedAt = at;
    this.root.dataset.state = "";
    this.redraw();
  }

  /** No connection yet on a page that was opened without a network counts as none. */
  get isStored() { return this.storedAt !== null && ["connecting", "offline"].includes(this.socket.state); }

  redraw() {
    const { since, closeCode, otherUser } = this.socket;
    const state = this.isStored ? "offline" : this.socket.state;
    if (this.root.dataset.state === state && state !== "stopped") return;
    this.root.dataset.state = state;
    const time = this.isStored ? formatMoment(this.storedAt ?? 0) : since ? formatClock(since) : "";
    this.text.textContent = t(this.isStored ? "state_stored" : `state_${state.replace("-", "_")}`, { time });
    this.strip.hidden = state !== "offline" && state !== "stopped";
    const key = state === "offline" ? this.offlineKey : (STRIPS[closeCode ?? 0] ?? "strip_stopped");
    if (!this.strip.hidden)
      findElement(this.strip, "span", HTMLElement).textContent = t(key, { time, name: otherUser || t("another_user") });
    this.reload.hidden = state !== "stopped";
  }

  /** What an offline page says, as a key of the page's strings. */
  get offlineKey() {
    if (this.isStored) return this.root.closest("main.talk") ? "strip_stored_room" : "strip_stored";
    return this.unstored ? "strip_offline_unstored" : "strip_offline";
  }
}
