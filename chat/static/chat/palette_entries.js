// What the palette offers: the user's rooms, what the server says they may open or do, and what the page does itself.
import { getJson } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { me } from "./page.js";
import { formatRoomTitle } from "./sidebar.js";

const FRESH_FOR = 15_000; // ms
const MAX_RECENT = 5;
const MAX_UNREAD = 3;
const LISTED_LAST = new Set(["action", "rare", "page", "settings"]); // of entries that fit alike

/**
 * Actions and searches are not.
 * @param {PaletteEntry} entry
 */
export const isPlace = ({ kind = "", href }) => Boolean(href) && !/^(action|rare|search)/.test(kind);

/** @param {PaletteEntry} entry */
const isElsewhere = (entry) => entry.href !== location.pathname;

/**
 * @param {string} name
 * @param {string} icon
 * @param {() => void} act
 * @returns {PaletteEntry}
 */
const createAction = (name, icon, act) => ({ kind: "action", label: t("palette_action"), name, icon, act });

/** Presses the button of the menu. */
function createThemeAction() {
  const { theme } = document.documentElement.dataset;
  const isDark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  const name = t(isDark ? "palette_light" : "palette_dark");
  const button = document.querySelector(`[data-themes] [value=${isDark ? "light" : "dark"}]`);
  return createAction(name, "moon", () => button?.click());
}

export class PaletteEntries {
  /** @type {PaletteGroup[]} */
  groups = [];
  loadedAt = -Infinity;

  /** @param {ShellParts} shell */
  constructor({ page, recents, sidebar }) {
    this.page = page;
    this.recents = recents;
    this.sidebar = sidebar;
  }

  /** Asks the server again if its answer is not fresh. Says whether it did. */
  async load() {
    if (performance.now() - this.loadedAt < FRESH_FOR) return false;
    /** @type {PaletteGroup[]} */
    const groups = await getJson(urls.palette);
    for (const { kind, label, icon, entries } of groups)
      for (const entry of entries) {
        entry.kind = kind;
        entry.label = label;
        entry.icon ??= icon;
      }
    this.groups = groups;
    this.loadedAt = performance.now();
    return true;
  }

  /** @param {string} kind */
  listKind(kind) { return this.groups.find((group) => group.kind === kind)?.entries ?? []; }

  /** Groups of which the server has more than it sent. */
  get searches() { return this.groups.filter(({ search }) => search); }

  get currentLine() {
    const { current } = this.sidebar;
    return current === null ? undefined : this.sidebar.getLine(current);
  }

  /**
   * @param {MyRoom} line
   * @returns {PaletteEntry}
   */
  createRoomEntry(line) {
    const people = line.people ?? [];
    const isDirect = line.kind === "direct";
    const { count, mentions } = this.sidebar.countUnread(line);
    const [person] = isDirect ? people : [];
    return {
      kind: "room",
      label: t(isDirect ? "palette_direct" : "palette_room"),
      name: formatRoomTitle(line),
      href: urls.room(line.id),
      hint: count ? t(mentions ? "unread_mentions" : "unread", { count, mentions }) : "",
      words: people.map(({ handle }) => `@${handle} ${handle}`).join(" "),
      icon: isDirect ? "person" : line.kind === "private" ? "lock" : "hash",
      person: person && [person.id, person.initials, person.colour, person.picture ?? ""],
      act: () => this.page.goToRoom(line.id),
    };
  }

  /** @param {MyRoom[]} lines */
  listPeople(lines) {
    const talking = new Set( // they are found as conversations
      lines.flatMap(({ kind, people = [] }) => (kind === "direct" && people.length === 1 ? [people[0].id] : [])),
    );
    return this.listKind("person")
      .filter(({ person }) => person && person[0] !== me.id && !talking.has(person[0]))
      .map((entry) => ({ ...entry, act: () => entry.person && this.page.openDirect(entry.person[0]) }));
  }

  /** What the page does itself, first for the room in it. */
  listOwnActions() {
    const line = this.currentLine;
    if (!line) return [createThemeAction()];
    const room = formatRoomTitle(line);
    const favourite = t(line.favourite ? "favourite_remove" : "favourite_add", { room });
    return [
      ...(line.unread ? [createAction(t("palette_mark_read", { room }), "check", () => this.page.markRead())] : []),
      createAction(favourite, "star", () => this.page.toggleFavourite()),
      createThemeAction(),
    ];
  }

  /** @returns {PaletteEntry[]} */
  listSettings() {
    const line = this.currentLine;
    const settings = this.listKind("settings");
    if (!line) return settings;
    const name = t("palette_room_settings", { room: formatRoomTitle(line) });
    const href = urls.settings(line.id);
    return [{ kind: "settings", label: t("palette_settings"), name, icon: "gear", href }, ...settings];
  }

  /** Everything, as far as it is known; what was opened last comes first. */
  list() {
    const lines = this.sidebar.order;
    const others = this.groups.filter(({ kind }) => kind !== "person" && !LISTED_LAST.has(kind));
    const entries = [
      ...lines.map((line) => this.createRoomEntry(line)),
      ...this.listPeople(lines),
      ...others.flatMap((group) => group.entries),
      ...this.listSettings(),
      ...this.listOwnActions(),
      ...this.listKind("action"),
      ...this.listKind("rare"),
      ...this.listKind("page"),
    ];
    const places = new Map(this.recents.list.map((href, place) => [href, place]));
    /** @param {PaletteEntry} entry */
    const placeOf = ({ href = "" }) => places.get(href) ?? places.size;
    return entries.sort((one, other) => placeOf(one) - placeOf(other));
  }

  /** @param {PaletteEntry[]} entries */
  listRecent(entries) {
    const known = new Map(entries.filter(isPlace).map((entry) => [entry.href, entry]));
    const recent = this.recents.list.flatMap((href) => known.get(href) ?? []);
    return recent.filter(isElsewhere).slice(0, MAX_RECENT);
  }

  /** @param {PaletteEntry[]} recent */
  listUnread(recent) {
    const unread = this.sidebar.order.filter((line) => this.sidebar.countUnread(line).count);
    return unread
      .sort((one, other) => (other.mentions ?? 0) - (one.mentions ?? 0))
      .map((line) => this.createRoomEntry(line))
      .filter(({ href }) => href !== location.pathname && !recent.some((entry) => entry.href === href))
      .slice(0, MAX_UNREAD);
  }

  listActions() {
    const here = document.querySelector(".side [data-place][aria-current], .tabbar [aria-current]")?.dataset.place;
    /** @param {PaletteEntry} entry */
    const rank = ({ place, now }) => (now ? 0 : place && place === here ? 1 : 2);
    const actions = [...this.listOwnActions(), ...this.listKind("action")];
    return actions.sort((one, other) => rank(one) - rank(other));
  }

  /**
   * Before anything is typed: what was opened last, rooms with something new, what can be done, and where to go.
   * @param {PaletteEntry[]} entries
   * @returns {{ title: string, entries: PaletteEntry[] }[]}
   */
  suggest(entries) {
    const recent = this.listRecent(entries);
    return [
      { title: t("palette_recent"), entries: recent },
      { title: t("palette_unread"), entries: this.listUnread(recent) },
      { title: t("palette_do"), entries: this.listActions() },
      { title: t("palette_go"), entries: [...this.listKind("page"), ...this.listSettings()].filter(isElsewhere) },
    ].filter((section) => section.entries.length);
  }
}
