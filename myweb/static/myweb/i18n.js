// The page's language, and the texts that the server wrote into the page in it.

/** @param {string} tag */
function parseLocale(tag) {
  try {
    return new Intl.Locale(tag);
  } catch {
    return null; // "C" and the like: what some browsers make of LANG=C
  }
}

const page = parseLocale(document.documentElement.lang) ?? new Intl.Locale("en");
const own = [...(navigator.languages ?? [])]
  .map(parseLocale)
  .find((locale) => locale?.language === page.language && !page.script);

/** A tag that every Intl object takes, in the reader's own region where the browser names one. */
export const language = (own ?? page).toString();

/**
 * The JSON that the server wrote into the element with this id; null if there is none.
 * @param {string} id
 * @returns {any}
 */
export const readBlock = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

/** @type {Record<string, string>} */
const strings = { ...readBlock("page-strings"), ...readBlock("view-strings") };
const plural = new Intl.PluralRules(language);

/**
 * Puts values into the places of a text: {name}.
 * @param {string | undefined} text
 * @param {Record<string, unknown>} values
 */
export const fillPlaces = (text, values) =>
  (text ?? "").replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));

/**
 * The same for `append()`, with nodes among the values, such as a <time> that stays right.
 * @param {string | undefined} text
 * @param {Record<string, Node | string>} values
 */
export const fillNodes = (text, values) =>
  (text ?? "").split(/(\{\w+\})/).map((part) => values[part.replace(/^\{(\w+)\}$/, "$1")] ?? part);

/**
 * The string behind a key with its `{places}` filled; a `count` picks among key_one, key_other, …
 * @param {string} key
 * @param {Record<string, any>} values
 */
export function t(key, values = {}) {
  const form = "count" in values ? strings[`${key}_${plural.select(values.count)}`] ?? strings[`${key}_other`] : null;
  return fillPlaces(form ?? strings[key] ?? key, values);
}

/**
 * @param {string} key
 * @param {Record<string, Node | string>} values
 */
export const tNodes = (key, values) => fillNodes(strings[key] ?? key, values);

/**
 * Adds the strings that another app wrote into a block of its own.
 * @param {string} id
 */
export const addStrings = (id) => void Object.assign(strings, readBlock(id));
