// The style sheets of the page that is shown. Those of other pages stay loaded, but off: there a class may mean
// something else.

/** @param {HTMLLinkElement} link */
const getHref = (link) => link.getAttribute("href") ?? "";

/**
 * @param {Document} page
 * @returns {HTMLLinkElement[]}
 */
const listLinks = (page) =>
  /** @type {any[]} */ ([...page.querySelectorAll("link[rel=stylesheet]")]);

/**
 * The addresses of a page's style sheets that are on.
 * @param {Document} page
 */
export const listStyles = (page) =>
  listLinks(page)
    .filter((link) => !link.sheet?.disabled)
    .map(getHref);

/** @param {string} href */
const findLink = (href) => listLinks(document).find((link) => getHref(link) === href);

/** @type {Map<string, Promise<void>>} */
const loads = new Map();

/**
 * Loads a style sheet, which stays off until it is shown.
 * @param {string} href
 */
export function loadStyle(href) {
  if (!findLink(href)) loads.set(href, load(href));
  return loads.get(href);
}

/** @param {string} href */
async function load(href) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  await new Promise((done, failed) => {
    link.addEventListener("load", done);
    link.addEventListener("error", () => failed(new Error(href)));
    document.head.append(link);
  });
  if (link.sheet) link.sheet.disabled = true;
}

/** @param {string} href */
export function showStyle(href) {
  const sheet = findLink(href)?.sheet;
  if (sheet) sheet.disabled = false;
}

/**
 * Turns on these and no others.
 * @param {string[]} hrefs
 */
export function showStyles(hrefs) {
  for (const link of listLinks(document)) if (link.sheet) link.sheet.disabled = !hrefs.includes(getHref(link));
}
