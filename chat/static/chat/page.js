// What the server wrote into every page of the user, and the templates of its parts.
import { getElement } from "../myweb/elements.js";
import { readBlock } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";

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
  if (person.picture && person.id) mark.append(createPicture(person.id, person.picture));
  return mark;
}

/**
 * It covers the initials, which show again if it does not come.
 * @param {number} id
 * @param {string} digest
 */
function createPicture(id, digest) {
  const picture = document.createElement("img");
  Object.assign(picture, { className: "avatar__picture", alt: "", loading: "lazy", decoding: "async" });
  picture.addEventListener("error", () => picture.remove());
  picture.src = urls.userPicture(id, digest);
  return picture;
}

/**
 * The own name and picture may have been changed in another tab.
 * @param {MemberState | undefined} own
 */
export function updateMe(own) {
  if (!own) return;
  const { name, initials, colour, picture = "" } = own;
  if ([me.name, me.initials, me.colour, me.picture].join("/") === [name, initials, colour, picture].join("/")) return;
  Object.assign(me, { name, initials, colour, picture });
  for (const place of document.querySelectorAll(".side [data-own=name]")) place.textContent = name;
  for (const place of document.querySelectorAll(".side [data-own=initials]")) {
    const avatar = createAvatar(me, "s");
    avatar.dataset.own = "initials";
    place.replaceWith(avatar);
  }
}

/** @param {any} target */
export const isTextField = (target) => Boolean(target?.closest?.("input, textarea, select, [contenteditable]"));
