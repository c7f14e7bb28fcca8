// The members of the room, those who are online first. Of a large room the page knows some: the others are asked for by
// page, or by the beginning of a name.
import { findElement } from "../myweb/elements.js";
import { createAvatar, cloneTemplate, me } from "./page.js";
import { formatNumber } from "../myweb/formats.js";
import { language, t } from "../myweb/i18n.js";

const SEARCH_DELAY = 200; // ms after a key
const byName = new Intl.Collator(language, { sensitivity: "base" }).compare;

/** What the server said of a large room, so far. */
class MemberList {
  /** @type {Set<number>} */
  ids = new Set(); // in the order of the server
  after = ""; // where the next page begins
  total = 0;
  loaded = false;
  loading = false;

  /**
   * @param {Room} room
   * @param {string} text what their names begin with
   */
  constructor(room, text) {
    this.room = room;
    this.text = text;
  }

  get hasMore() { return !this.loaded || Boolean(this.after); }

  /** @param {Socket} socket */
  async load(socket) {
    if (this.loading || !this.hasMore || !socket.ready) return false;
    this.loading = true;
    const { room, text, after } = this;
    try {
      /** @type {MemberPage} */
      const page = await socket.send("room.members", { room: room.id, text, after });
      room.addMembers(page.members);
      for (const { id } of page.members) this.ids.add(id);
      this.after = page.after ?? "";
      this.total ||= page.total ?? 0;
      return this.loaded = true;
    } catch {
      return false; // the connection's own line says so, and the button asks again
    } finally {
      this.loading = false;
    }
  }
}

/** Fires `write` with a person's id. */
export class RoomMembers extends EventTarget {
  /** @type {Room | null} */
  room = null;
  /** @type {MemberList | null} */
  list = null; // of a large room
  /** @type {Map<number, { item: HTMLElement, person: MemberState }>} */
  rows = new Map(); // of the list
  /** @type {() => void} */
  redraw = () => {};
  /** @type {any} */
  timer = 0;

  /**
   * @param {HTMLElement} root
   * @param {Socket} socket
   */
  constructor(root, socket) {
    super();
    this.root = root;
    this.socket = socket;
    this.search = findElement(root, "input", HTMLInputElement);
    this.none = findElement(root, ".people__none", HTMLElement);
    this.more = findElement(root, ".people__more", HTMLButtonElement);
    /** @type {Record<string, HTMLElement>} */
    this.places = {
      here: findElement(root, "[data-group=here]", HTMLElement),
      away: findElement(root, "[data-group=away]", HTMLElement),
    };
    root.addEventListener("click", (event) => {
      const id = Number(event.target?.closest("[data-person]")?.dataset.person);
      if (id && id !== me.id) this.dispatchEvent(new CustomEvent("write", { detail: id }));
    });
    root.addEventListener("shown", () => this.redraw());
    socket.addEventListener("ready", () => this.redraw());
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.redraw(), SEARCH_DELAY);
    });
    this.more.addEventListener("click", () => this.loadMore());
    this.end = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.loadMore(), { root });
  }

  /**
   * @param {Room} room
   * @param {Presence} presence
   */
  update(room, presence) {
    const { here, count, known } = presence.getState(room.id);
    this.redraw = () => this.update(room, presence);
    if (this.room !== room) {
      this.room = room;
      this.list = null;
      this.search.value = "";
    }
    findElement(this.root, ".people__search", HTMLElement).hidden = !room.state.large;
    const members = room.currentMembers.sort((one, other) => byName(one.name, other.name));
    const present = members.filter(({ id }) => here.has(id));
    this.places.here.replaceChildren(...present.map((person) => this.createPerson(person, true)));
    if (room.state.large) return this.updateLarge(room, here, count, known);
    this.more.hidden = this.none.hidden = true;
    const away = members.filter(({ id }) => !here.has(id));
    this.places.away.replaceChildren(...away.map((person) => this.createPerson(person, false)));
    this.paintHere(count, known, here);
    this.paintHeading("away", t(present.length ? "others" : "members"), away.length, away.length > 0);
  }

  /**
   * @param {number} count
   * @param {boolean} shown
   * @param {Set<number>} here
   */
  paintHere(count, shown, here) {
    this.paintHeading("here", t("here_now"), shown ? count : null, shown);
    findElement(this.root, ".people__many", HTMLElement).hidden = !(shown && count > 0 && here.size === 0);
  }

  /**
   * @param {Room} room
   * @param {Set<number>} here
   * @param {number} count
   * @param {boolean} known
   */
  updateLarge(room, here, count, known) {
    const text = this.search.value.trim();
    if (this.list?.text !== text) {
      this.list = new MemberList(room, text);
      this.rows.clear();
      this.places.away.replaceChildren();
    }
    const { list } = this;
    this.paintHere(count, known && !list.text, here);
    this.paintList(list, here);
    this.paintHeading("away", t("members"), list.total || null, true);
    this.none.hidden = !list.loaded || this.rows.size > 0;
    this.none.textContent = t("people_none", { text: list.text });
    if (!list.loaded && !this.root.inert) void this.loadMore();
  }

  /**
   * Only rows that are new, or of people who changed.
   * @param {MemberList} list
   * @param {Set<number>} here
   */
  paintList({ ids, room, after }, here) {
    for (const id of ids) {
      const person = room.getMember(id);
      const row = this.rows.get(id);
      if (person.active === false || person.deactivated) {
        row?.item.remove();
        this.rows.delete(id);
      } else if (row?.person === person) {
        findElement(row.item, ".line__sign", HTMLElement).toggleAttribute("data-here", here.has(id));
      } else {
        const item = this.createPerson(person, here.has(id));
        if (row) row.item.replaceWith(item);
        else this.places.away.append(item);
        this.rows.set(id, { item, person });
      }
    }
    this.more.hidden = !after;
  }

  async loadMore() {
    const { list } = this;
    this.end.unobserve(this.more);
    if (!list || !await list.load(this.socket) || list !== this.list) return;
    this.redraw();
    if (list.after) this.end.observe(this.more); // told at once if it is in sight
  }

  /**
   * @param {"here" | "away"} group
   * @param {string} text
   * @param {number | null} count
   * @param {boolean} shown
   */
  paintHeading(group, text, count, shown) {
    const section = this.places[group].closest("section");
    if (!section) return;
    section.hidden = !shown;
    const heading = findElement(section, "h2", HTMLElement);
    heading.replaceChildren(
      text,
      " ",
      Object.assign(document.createElement("span"), {
        className: "num",
        textContent: count === null ? "" : formatNumber(count),
      }),
    );
  }

  /**
   * @param {MemberState} person
   * @param {boolean} here
   */
  createPerson(person, here) {
    const item = cloneTemplate("person-template");
    const button = findElement(item, "button", HTMLButtonElement);
    button.dataset.person = person.id;
    button.disabled = person.id === me.id;
    const sign = findElement(item, ".line__sign", HTMLElement);
    sign.append(createAvatar(person, "s"));
    sign.toggleAttribute("data-here", here);
    findElement(item, ".line__name", HTMLElement).textContent = person.name;
    findElement(item, ".line__hint", HTMLElement).textContent = person.id === me.id ? t("you") : `@${person.handle}`;
    if (person.id !== me.id) button.title = t("write_to", { name: person.name });
    return item;
  }
}
