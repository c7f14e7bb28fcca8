// Colours code apart from the page, which ends this worker if a pattern takes too long.
// `{number, language, code}` is answered by `{number, started}` once its grammar is loaded, then by `{number, runs}`.
import highlighter from "./highlight/core.min.js";
import { loadLanguage } from "./code_languages.js";

const PIECE = /<span class="([\w-]+)[^"]*">|<\/span>|[^<]+/g;
const SIGN = /&(amp|lt|gt|quot|#x27);/g;
/** @type {Record<string, string>} */
const SIGNS = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };

/**
 * `[class, text]` in order; the class is that of the innermost span.
 * @param {string} html
 */
function flattenSpans(html) {
  const classes = [""];
  const runs = [];
  for (const [piece, opened] of html.matchAll(PIECE)) {
    if (opened) classes.push(opened);
    else if (piece === "</span>") classes.pop();
    else runs.push([classes.at(-1), piece.replace(SIGN, (_, name) => SIGNS[name])]);
  }
  return runs;
}

addEventListener("message", async ({ data: { number, language, code } }) => {
  const name = await loadLanguage(highlighter, language).catch(() => null);
  if (name) highlighter.highlight("", { language: name }); // compiles the grammar, which is no part of the block's time
  postMessage({ number, started: true });
  postMessage({
    number,
    runs: name && flattenSpans(highlighter.highlight(code, { language: name, ignoreIllegals: true }).value),
  });
});
