// What the server wrote into the page of the user: the first state, and the templates of its parts.
import { readBlock } from "../myweb/i18n.js";

export const me = readBlock("page-me");
export const firstRoom = readBlock("page-room");
export const firstHead = readBlock("page-room-head");
export const config = readBlock("page-config");
export const commands = readBlock("page-commands") ?? []; // {name, usage, summary}

/** @param {string} id */
export const cloneTemplate = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** @param {any} person */
export function createAvatar(person, size = "") {
  const mark = document.createElement("span");
  mark.className = `avatar avatar--${person.bot ? "bot" : (person.colour ?? 0)} ${size && `avatar--${size}`}`;
  mark.textContent = person.initials || "?";
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

/** @param {any} target */
export const isTextField = (target) => Boolean(target?.closest?.("input, textarea, select, [contenteditable]"));
