// What the server wrote into the page: the first state, the strings, the addresses.
import { language } from "./locale.js";

export { language };
const block = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

export const me = block("page-me");
export const firstRoom = block("page-room");
export const firstHead = block("page-room-head");
export const config = block("page-config");
const strings = block("page-strings") ?? {};
export const commands = block("page-commands") ?? []; // {name, usage, summary}

const plural = new Intl.PluralRules(language);

/**
 * The string behind a key with its `{places}` filled; a `count` picks among key_one, key_other, …
 * @param {string} key
 * @param {Record<string, any>} values
 */
export function t(key, values = {}) {
  const form =
    "count" in values ? (strings[`${key}_${plural.select(values.count)}`] ?? strings[`${key}_other`]) : strings[key];
  return (form ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** What another app says on this page, out of a block of its own. */
export const learn = (id) => Object.assign(strings, block(id));

const address = document.body.dataset;
const inRoom = (pattern, id) => pattern.replace("/0/", `/${id}/`);
export const urls = {
  room: (id, seq = null) => inRoom(address.room, id) + (seq === null ? "" : `?at=${seq}`),
  history: (id, query) => `${inRoom(address.history, id)}?${new URLSearchParams(query)}`,
  settings: (id) => inRoom(address.settings, id),
  search: (text) => `${address.search}?${new URLSearchParams({ q: text })}`,
  rooms: address.rooms,
  direct: address.direct,
  signIn: address.signIn,
};

/** The room and the place that an address of this site names, or null. */
export function placeOf(href) {
  const url = new URL(href, location.href);
  const found = url.origin === location.origin && url.pathname.match(/^\/rooms\/(\d+)\/$/);
  return found ? { id: Number(found[1]), at: Number(url.searchParams.get("at")) || null } : null;
}

export const stamp = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

export function icon(name, className = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${address.icons}#${name}`);
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function avatar(person, size = "") {
  const mark = document.createElement("span");
  mark.className = `avatar avatar--${person.bot ? "bot" : (person.colour ?? 0)} ${size && `avatar--${size}`}`;
  mark.textContent = person.initials || "?";
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

export const typingText = (target) => Boolean(target?.closest?.("input, textarea, select, [contenteditable]"));
