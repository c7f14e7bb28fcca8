// The menu of a room: what of it I am notified of, and for how long nothing.
import { findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { formatMoment } from "../myweb/time.js";

const HOUR = 3_600; // seconds
const MORNING = 8; // o'clock, of the reader

/** @param {MyRoom | undefined} line */
export const isMuted = (line) => (line?.muted_until ?? 0) * 1_000 > Date.now();

/** @param {MyRoom | undefined} line */
export const isSilent = (line) => isMuted(line) || line?.level === "nothing";

/**
 * When a mute that begins now is over, in seconds since 1970.
 * @param {string} span
 */
export function findMuteEnd(span, now = new Date()) {
  if (!span) return 0;
  if (span === "hour") return Math.ceil(now.getTime() / 1_000) + HOUR;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, MORNING).getTime() / 1_000;
}

export class RoomMenu {
  /**
   * @param {Socket} socket
   * @param {Sidebar} sidebar
   * @param {() => number} getRoom
   * @param {(text: string) => void} showToast
   */
  constructor(socket, sidebar, getRoom, showToast) {
    this.socket = socket;
    this.sidebar = sidebar;
    this.getRoom = getRoom;
    this.showToast = showToast;
    this.button = findElement(document, ".bar__notifications", HTMLButtonElement);
    this.menu = findElement(document, "#room-notifications", HTMLElement);
    this.menu.addEventListener("change", (event) => this.choose(event.target));
    for (const button of this.menu.querySelectorAll("[data-mute]"))
      button.addEventListener("click", () => this.set({ muted_until: findMuteEnd(button.dataset.mute) }));
    sidebar.addEventListener("change", () => this.paint());
    this.paint();
  }

  get line() { return this.sidebar.getLine(this.getRoom()); }

  paint() {
    const { line } = this;
    const icon = isSilent(line) ? "muted" : "alerts";
    if (this.button.dataset.icon !== icon) this.button.replaceChildren(createIcon(icon));
    this.button.dataset.icon = icon;
    for (const radio of this.menu.querySelectorAll("input")) radio.checked = radio.value === (line?.level ?? "");
    const muted = isMuted(line);
    const text = muted ? t("muted_until", { time: formatMoment((line?.muted_until ?? 0) * 1_000) }) : t("mute");
    const place = findElement(this.menu, "[data-muted-text]", HTMLElement);
    if (place.textContent !== text) place.textContent = text;
    findElement(this.menu, "[data-mute='']", HTMLElement).hidden = !muted;
  }

  /** @param {any} radio */
  choose(radio) { this.set({ level: radio.value }); }

  /**
   * At once in this tab; the server tells the others.
   * @param {Pick<MyRoom, "level" | "muted_until">} change
   */
  async set(change) {
    const id = this.getRoom();
    const { level = "", muted_until = 0 } = this.sidebar.getLine(id) ?? {};
    const before = { level, muted_until };
    this.sidebar.change(id, change);
    try {
      await this.socket.send("room.notifications", { room: id, ...before, ...change });
    } catch (error) {
      this.sidebar.change(id, before);
      const { text } = /** @type {CommandError} */ (error);
      this.showToast(text || t(this.socket.ready ? "not_now" : "not_now_offline"));
    }
  }
}
