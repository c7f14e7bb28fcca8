// What lines of files have in common, sent ones and those on their way.
import { createElement } from "../myweb/elements.js";
import { createIcon } from "../myweb/icons.js";

const KEPT_END = 5; // characters before the extension
const LONGEST_EXTENSION = 8;
// eslint-disable-next-line no-control-regex -- what is no text, or turns the direction of what follows
const UNSHOWN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** @param {string} name */
export const cleanName = (name) => name.replace(UNSHOWN, " ");

/** @param {string} name */
export const getExtension = (name) => /[^.]\.([^.\s]{1,8})$/u.exec(name)?.[1] ?? "";

/**
 * The part that may be cut off at its end, and the ending, which stays.
 * @param {string} name
 */
export function splitName(name) {
  const characters = [...cleanName(name)];
  const extension = [...getExtension(name)].length;
  const kept = KEPT_END + (extension && extension <= LONGEST_EXTENSION ? extension + 1 : 0);
  const at = Math.max(0, characters.length - kept);
  return [characters.slice(0, at).join(""), characters.slice(at).join("")];
}

/**
 * Loses its middle where there is little room. It is read as one.
 * @param {string} name
 */
export function createFileName(name) {
  const parts = splitName(name).map((part) => createElement("span", "", part));
  for (const part of parts) part.ariaHidden = "true";
  const element = createElement("b", "file__name", createElement("span", "sr", cleanName(name)), ...parts);
  element.dir = "auto";
  element.title = cleanName(name);
  return element;
}

/** @param {string} name */
export function createKindSign(name) {
  const extension = getExtension(cleanName(name)).toUpperCase();
  const sign = createElement("span", "file__kind", extension.length <= 4 && extension ? extension : createIcon("file"));
  sign.ariaHidden = "true";
  return sign;
}

/**
 * @param {string} icon
 * @param {string} label
 */
export function createFileButton(icon, label) {
  const button = createElement("button", "file__button", createIcon(icon));
  button.type = "button";
  button.title = label;
  button.ariaLabel = label;
  return button;
}

/**
 * A text that is coloured by the ending of its name, or by a name such as Dockerfile.
 * @param {string} name
 * @param {string} text
 */
export function createCode(name, text) {
  const language = (getExtension(name) || name).toLowerCase().replace(/^\.|[^\w+#-]/g, "");
  return createElement("code", `language-${language || "text"}`, text);
}
