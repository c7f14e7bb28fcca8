// What the palette offers: the user's rooms, what the server says they may open or do, and what the page does itself.
import { getJson } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";
import { getTheme, setTheme } from "../myweb/theme.js";
import { urls } from "../myweb/urls.js";
import { me } from "./page.js";
import { page, recents, sidebar } from "./shell.js";
import { formatRoomTitle } from "./sidebar.js";

const FRESH_FOR = 15_000; // ms
const MAX_RECENT = 5;
const MAX_UNREAD = 3;
const FEW = new Set(["action", "rare", "page", "settings"]); // after things where they match alike

/** @type {PaletteGroup[]} */
let groups = [];
let loadedAt = -Infinity;

/** Reads them again if they are not fresh. Says whether they are others now. */
export async function loadEntries() {
  if (performance.now() - loadedAt < FRESH_FOR) return false;
  groups = await getJson(urls.palette);
  loadedAt = performance.now();
  for (const { kind, label, icon, entries } of groups)
    for (const entry of entries) {
      entry.kind = kind;
      entry.label = label;
      entry.icon ??= icon;
    }
  return true;
}

/** @param {string} kind */
const listKind = (kind) => groups.find((group) => group.kind === kind)?.entries ?? [];

/** Groups of which the server has more than it sent. */
export const listSearches = () => groups.filter(({ search }) => search);

/**
 * @param {MyRoom} line
 * @returns {PaletteEntry}
 */
function createRoomEntry(line) {
  const people = line.people ?? [];
  const isDirect = line.kind === "direct";
  const { count, mentions } = sidebar.countUnread(line);
  const [person] = isDirect ? people : [];
  return {
    kind: "room",
    label: t(isDirect ? "palette_direct" : "palette_room"),
    name: formatRoomTitle(line),
    href: urls.room(line.id),
    hint: count ? t(mentions ? "unread_mentions" : "unread", { count, mentions }) : "",
    words: people.map(({ handle }) => `@${handle} ${handle}`).join(" "),
    icon: isDirect ? "person" : line.kind === "private" ? "lock" : "hash",
    person: person && [person.id, person.initials, person.colour],
    act: () => page.goToRoom(line.id),
  };
}

const listRooms = () => sidebar.order.map(createRoomEntry);

/** Who has a direct conversation with me is found as that. */
function listPeople() {
  const talking = new Set(
    sidebar.order.flatMap(({ kind, people = [] }) => (kind === "direct" && people.length === 1 ? [people[0].id] : [])),
  );
  return listKind("person")
    .filter(({ person }) => person && person[0] !== me.id && !talking.has(person[0]))
    .map((entry) => ({ ...entry, act: () => entry.person && page.openDirect(entry.person[0]) }));
}

const findCurrentLine = () => (sidebar.current === null ? undefined : sidebar.getLine(sidebar.current));

/**
 * @param {string} name
 * @param {string} icon
 * @param {() => void} act
 * @returns {PaletteEntry}
 */
const createAction = (name, icon, act) => ({ kind: "action", label: t("palette_action"), name, icon, act });

function createThemeAction() {
  const theme = getTheme();
  const isDark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const name = t(isDark ? "palette_light" : "palette_dark");
  return createAction(name, "moon", () => setTheme(isDark ? "light" : "dark"));
}

/** What the page does itself, first for the room in it. */
function listOwnActions() {
  const line = findCurrentLine();
  if (!line) return [createThemeAction()];
  const room = formatRoomTitle(line);
  const favourite = t(line.favourite ? "favourite_remove" : "favourite_add", { room });
  return [
    ...(line.unread ? [createAction(t("palette_mark_read", { room }), "check", () => page.markRead())] : []),
    createAction(favourite, "star", () => page.toggleFavourite()),
    createThemeAction(),
  ];
}

/** @returns {PaletteEntry[]} */
function listRoomSettings() {
  const line = findCurrentLine();
  if (!line) return [];
  const name = t("palette_room_settings", { room: formatRoomTitle(line) });
  return [{ kind: "settings", label: t("palette_settings"), name, icon: "gear", href: urls.settings(line.id) }];
}

const listSettings = () => [...listRoomSettings(), ...listKind("settings")];

/** @param {PaletteEntry} entry */
const isElsewhere = (entry) => entry.href !== location.pathname;

/** Everything, as far as it is known; what was opened last comes first. */
export function listEntries() {
  const things = groups.filter(({ kind }) => kind !== "person" && !FEW.has(kind)).flatMap(({ entries }) => entries);
  const entries = [
    ...listRooms(), ...listPeople(), ...things, ...listSettings(), ...listOwnActions(), ...listKind("action"),
    ...listKind("rare"), ...listKind("page"),
  ];
  const places = new Map(recents.list.map((href, place) => [href, place]));
  /** @param {PaletteEntry} entry */
  const placeOf = ({ href = "" }) => places.get(href) ?? Infinity;
  return entries.sort((one, other) => (placeOf(one) === placeOf(other) ? 0 : placeOf(one) - placeOf(other)));
}

/**
 * Actions and searches are not.
 * @param {PaletteEntry} entry
 */
export const isPlace = ({ kind = "", href }) => Boolean(href) && !/^(action|rare|search)/.test(kind);

/**
 * Before anything is typed: what was opened last, rooms with something new, what can be done, and where to go.
 * @returns {{ title: string, entries: PaletteEntry[] }[]}
 */
export function listSuggestions() {
  const known = new Map(listEntries().filter(isPlace).map((entry) => [entry.href, entry]));
  const recent = recents.list
    .map((href) => known.get(href))
    .filter((entry) => entry !== undefined && isElsewhere(entry))
    .slice(0, MAX_RECENT);
  const unread = sidebar.order
    .filter((line) => sidebar.countUnread(line).count)
    .sort((one, other) => (other.mentions ?? 0) - (one.mentions ?? 0))
    .map(createRoomEntry)
    .filter((entry) => isElsewhere(entry) && !recent.some((other) => other?.href === entry.href));
  const here = document.querySelector(".side [data-place][aria-current], .tabbar [aria-current]")?.dataset.place;
  const actions = [...listOwnActions(), ...listKind("action")];
  /** @param {PaletteEntry} entry */
  const rank = ({ place, now }) => (now ? 0 : place && place === here ? 1 : 2);
  return [
    { title: t("palette_recent"), entries: /** @type {PaletteEntry[]} */ (recent) },
    { title: t("palette_unread"), entries: unread.slice(0, MAX_UNREAD) },
    { title: t("palette_do"), entries: actions.sort((one, other) => rank(one) - rank(other)) },
    { title: t("palette_go"), entries: [...listKind("page"), ...listSettings()].filter(isElsewhere) },
  ].filter(({ entries }) => entries.length);
}
