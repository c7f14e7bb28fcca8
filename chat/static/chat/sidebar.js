// The rooms and direct conversations of the user, with what is unread. The server counts.
import { findElement } from "../myweb/elements.js";
import { formatBadge } from "./unread.js";
import { createAvatar, cloneTemplate, me } from "./page.js";
import { isMuted, isSilent } from "./room_menu.js";
import { language, t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { urls } from "../myweb/urls.js";

const MAX_FOLLOWED = 30;
const MAX_TIMER = 3_600_000; // ms
const byTitle = new Intl.Collator(language, { numeric: true, sensitivity: "base" }).compare;

/** @param {MyRoom} line */
export const formatRoomTitle = (line) =>
  line.name || (line.people ?? []).map(({ name }) => name).join(t("between_names")) || t("only_you");

/**
 * Fires `change` when a line or a count did, `current` when another room is shown.
 * `watching(id)` says that a room is being read to its end at this moment.
 */
export class Sidebar extends EventTarget {
  /** @type {number | null} */
  current = null; // the room that is shown
  /** @type {Presence | null} */
  presence = null;
  /** @type {(id: number) => boolean} */
  isWatching = () => false;
  /** @type {any} */
  redrawTimer = 0; // of the mute that ends next
  redrawsAt = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    super();
    /** @type {Map<number, MyRoom>} */
    this.lines = new Map(me.rooms.map((/** @type {MyRoom} */ line) => [line.id, line]));
    /** @type {Map<number, any>} */
    this.anchors = new Map();
    /** @type {Record<string, HTMLElement>} */
    this.places = {
      favourites: findElement(root, "[data-group=favourites]", HTMLElement),
      rooms: findElement(root, "[data-group=rooms]", HTMLElement),
      people: findElement(root, "[data-group=people]", HTMLElement),
    };
    this.redraw();
  }

  /** @param {number} id */
  getLine(id) { return this.lines.get(id); }

  /** @param {{ rooms: MyRoom[] }} options */
  snapshot({ rooms }) {
    this.lines = new Map(rooms.map((line) => [line.id, line]));
    this.redraw();
  }

  /** @param {{ data: MyRoom }} options */
  apply({ data }) {
    if (data.gone) this.lines.delete(data.id);
    else this.lines.set(data.id, data);
    this.redraw();
    if (data.gone) this.dispatchEvent(new CustomEvent("gone", { detail: data.id }));
  }

  /**
   * What I have just read need not wait for the server to say so.
   * @param {number} id
   * @param {number} seq
   */
  markRead(id, seq) {
    const line = this.getLine(id);
    if (!line || seq < (line.head ?? 0)) return;
    this.lines.set(id, { ...line, last_read: seq, unread: 0, mentions: 0, notification: undefined });
    this.redraw();
  }

  /**
   * As it will be once the server has stored it.
   * @param {number} id
   * @param {Partial<MyRoom>} values
   */
  change(id, values) {
    const line = this.getLine(id);
    if (!line) return;
    this.lines.set(id, { ...line, ...values });
    this.redraw();
  }

  /** @param {MyRoom} line */
  countUnread(line) {
    return this.isWatching(line.id)
      ? { count: 0, mentions: 0 }
      : { count: line.unread ?? 0, mentions: line.mentions ?? 0 };
  }

  get total() { return [...this.lines.values()].reduce((sum, line) => sum + this.countUnread(line).count, 0); }

  /** Unread messages that are for this user: mentions and direct messages. */
  get mine() {
    return [...this.lines.values()].reduce((sum, line) => {
      const { count, mentions } = this.countUnread(line);
      return sum + (line.kind === "direct" ? count : mentions);
    }, 0);
  }

  get sorted() {
    const shown = [...this.lines.values()].filter((line) => !line.archived || line.id === this.current);
    shown.sort((one, other) => byTitle(formatRoomTitle(one), formatRoomTitle(other)));
    return {
      favourites: shown.filter(({ favourite }) => favourite),
      rooms: shown.filter(({ favourite, kind }) => !favourite && kind !== "direct"),
      people: shown.filter(({ favourite, kind }) => !favourite && kind === "direct"),
    };
  }

  get order() { return Object.values(this.sorted).flat(); }

  get directsWithPresence() {
    return this.order.filter(({ kind }) => kind === "direct").slice(0, MAX_FOLLOWED).map(({ id }) => id);
  }

  /** @param {number | null} id none while no room is shown */
  setCurrent(id) {
    if (id !== null && id !== this.current) this.dispatchEvent(new Event("current"));
    this.current = id;
    this.redraw();
    if (id !== null) this.anchors.get(id)?.scrollIntoView({ block: "nearest" });
  }

  redraw() {
    for (const [group, lines] of Object.entries(this.sorted)) {
      const wanted = lines.map((line) => this.paintLine(line).parentElement);
      const place = this.places[group];
      if (wanted.length !== place.children.length || wanted.some((item, index) => place.children[index] !== item))
        place.replaceChildren(...wanted);
    }
    const heading = this.places.favourites.previousElementSibling;
    if (heading instanceof HTMLElement) heading.hidden = this.places.favourites.childElementCount === 0;
    for (const [id, anchor] of this.anchors) if (!anchor.isConnected) this.anchors.delete(id);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {MyRoom} line */
  paintLine(line) {
    const anchor = this.anchors.get(line.id) ?? cloneTemplate("line-template").querySelector("a");
    this.anchors.set(line.id, anchor);
    const { count, mentions } = this.countUnread(line);
    anchor.href = urls.room(line.id);
    anchor.dataset.room = line.id;
    anchor.toggleAttribute("data-unread", count > 0);
    if (line.id === this.current) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
    anchor.querySelector(".line__name").textContent = formatRoomTitle(line);
    this.paintSign(anchor, line);
    this.paintSilence(anchor, line);
    const badge = anchor.querySelector(".line__badge");
    badge.hidden = count === 0;
    badge.textContent = formatBadge(count);
    badge.classList.toggle("line__badge--me", mentions > 0 || line.kind === "direct");
    anchor.querySelector(".line__unread").textContent = count
      ? t(mentions ? "unread_mentions" : "unread", { count: formatBadge(count), mentions: formatBadge(mentions) })
      : "";
    return anchor;
  }

  /**
   * @param {any} anchor
   * @param {MyRoom} line
   */
  paintSilence(anchor, line) {
    const isSilentNow = isSilent(line);
    anchor.toggleAttribute("data-muted", isSilentNow);
    anchor.querySelector(".line__muted").hidden = !isSilentNow;
    if (isMuted(line)) this.redrawAt((line.muted_until ?? 0) * 1_000);
  }

  /** @param {number} moment */
  redrawAt(moment) {
    if (this.redrawTimer && this.redrawsAt <= moment) return;
    clearTimeout(this.redrawTimer);
    this.redrawsAt = moment;
    const wait = Math.min(moment - Date.now() + 50, MAX_TIMER);
    this.redrawTimer = setTimeout(() => { this.redrawTimer = 0; this.redraw(); }, wait);
  }

  /**
   * @param {any} anchor
   * @param {MyRoom} line
   */
  paintSign(anchor, line) {
    const sign = anchor.querySelector(".line__sign");
    const person = line.kind === "direct" ? (line.people?.[0] ?? me) : null;
    const look = person ? `${person.initials}/${person.colour}/${person.picture ?? ""}` : line.kind;
    if (sign.dataset.look !== look)
      sign.replaceChildren(person ? createAvatar(person, "s") : createIcon(line.kind === "private" ? "lock" : "hash"));
    sign.dataset.look = look;
    const here = Boolean(person) && (line.people ?? []).some(({ id }) => this.presence?.getState(line.id).here.has(id));
    sign.toggleAttribute("data-here", here);
    anchor.querySelector(".line__here").textContent = here ? t("is_here") : "";
  }
}
