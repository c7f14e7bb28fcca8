// What the server wrote into every page of the user, and the templates of its parts.
import { getElement } from "../myweb/elements.js";
import { readBlock } from "../myweb/i18n.js";

/** @type {Me} */
export const me = readBlock("page-me");
/** @type {PageConfig} */
export const config = readBlock("page-config");

/** @param {string} id */
export const cloneTemplate = (id) =>
  /** @type {HTMLElement} */ (getElement(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true));

/** @param {Partial<Person>} person */
export function createAvatar(person, size = "") {
  const mark = document.createElement("span");
  mark.className = `avatar avatar--${person.bot ? "bot" : (person.colour ?? 0)} ${size && `avatar--${size}`}`;
  mark.textContent = person.initials || "?";
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

/** @param {any} target */
export const isTextField = (target) => Boolean(target?.closest?.("input, textarea, select, [contenteditable]"));
