// The page's language as a tag that every Intl object takes, in the reader's own region where the browser names one.

/** @param {string} tag */
function parse(tag) {
  try {
    return new Intl.Locale(tag);
  } catch {
    return null; // "C" and the like: what some browsers make of LANG=C
  }
}

const page = parse(document.documentElement.lang) ?? new Intl.Locale("en");
const own = [...(navigator.languages ?? [])]
  .map(parse)
  .find((locale) => locale?.language === page.language && !page.script);

export const language = (own ?? page).toString();
