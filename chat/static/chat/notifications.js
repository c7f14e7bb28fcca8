// Notifications of the browser while a tab is open. One tab shows each of them, and none while its room is visible.
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { visit } from "./navigation.js";
import { mayNotify, offerNotifications } from "./notification_permission.js";
import { config, me } from "./page.js";
import { formatRoomTitle } from "./sidebar.js";
import { playCriticalSound } from "./sound.js";
import { local } from "./storage.js";

const CLAIM_DELAY = 300; // ms; the tab in which the room is visible is first
const SHOWN = `notifications:shown:${me.id}:${config.epoch}`; // room -> seq, of all tabs

export class Notifications {
  /** @type {Map<number, number>} */
  known = new Map(); // room -> the newest seq of which this tab was notified
  /** @type {Map<number, { seq: number, popup: Notification }>} */
  popups = new Map();

  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    this.sidebar = sidebar;
    for (const { id, notification } of sidebar.lines.values()) {
      if (!notification) continue;
      this.known.set(id, notification.seq); // it was told before this tab was opened
      offerNotifications(notification.author);
    }
    sidebar.addEventListener("change", () => this.look());
  }

  look() {
    for (const [room, { seq, popup }] of this.popups)
      if (this.sidebar.getLine(room)?.notification?.seq !== seq) {
        this.popups.delete(room);
        popup.close();
      }
    for (const line of this.sidebar.lines.values()) {
      const { id, notification } = line;
      if (!notification || notification.seq <= (this.known.get(id) ?? 0)) continue;
      this.known.set(id, notification.seq);
      this.tell(line, notification);
    }
  }

  /** @param {number} room */
  isVisible(room) { return document.visibilityState === "visible" && this.sidebar.current === room; }

  /**
   * @param {MyRoom} line
   * @param {NotificationState} notification
   */
  async tell(line, notification) {
    offerNotifications(notification.author);
    if (!mayNotify()) return;
    if (!this.isVisible(line.id)) await new Promise((resolve) => { setTimeout(resolve, CLAIM_DELAY); });
    const isFirst = await navigator.locks.request(SHOWN, () => claim(line.id, notification.seq));
    const isUnread = this.sidebar.getLine(line.id)?.notification?.seq === notification.seq;
    if (isFirst && isUnread && !this.isVisible(line.id)) await this.show(line, notification);
  }

  /**
   * @param {MyRoom} line
   * @param {NotificationState} notification
   */
  async show(line, { seq, author, text, urgent }) {
    if (await isPushed()) return;
    const room = formatRoomTitle(line);
    /** @type {NotificationOptions} */
    const options = { body: text, tag: `room.${line.id}`, icon: config.icon };
    try {
      const title = room === author ? author : t("notification_title", { author, room });
      const popup = new Notification(urgent ? t("urgent_title", { title }) : title, options);
      this.popups.set(line.id, { seq, popup });
      popup.onclick = () => {
        window.focus();
        popup.close();
        visit(urls.room(line.id, seq));
      };
    } catch {
      return; // on Android only a service worker may
    }
    if (urgent) playCriticalSound();
  }
}

/**
 * True for the first tab of this browser that asks.
 * @param {number} room
 * @param {number} seq
 */
function claim(room, seq) {
  const shown = local.getJson(SHOWN) ?? {};
  if ((shown[room] ?? 0) >= seq) return false;
  local.setJson(SHOWN, { ...shown, [room]: seq });
  return true;
}

/** The service worker shows them here then, also without a tab. */
async function isPushed() {
  const registration = await navigator.serviceWorker?.getRegistration();
  return Boolean(await registration?.pushManager?.getSubscription());
}
