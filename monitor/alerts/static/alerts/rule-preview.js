// Shows in the form of a rule, while it is edited, when the rule would have fired.
import { Sparkline } from "../metrics/sparkline.js";
import { getJson } from "../myweb/api.js";
import { fillPlaces, language, readBlock } from "../myweb/i18n.js";
import { formatMoment } from "../myweb/time.js";
import { onView } from "../myweb/view.js";

/** @type {HTMLElement | null} */
let place = null;
/** @type {Record<string, string>} */
let strings = {};
const plural = new Intl.PluralRules(language);
const TYPING_DELAY = 300; // ms after the last key
const FIELDS = ["source", "series", "comparison", "threshold", "hold", "keep", "no_data"];

/**
 * @param {string} key
 * @param {Record<string, any>} values
 */
const formatCount = (key, values) =>
  fillPlaces(strings[`${key}_${plural.select(values.count)}`] ?? strings[`${key}_other`], values);

/** @param {FiredSeries} series */
function createItem({ name, began, ended }) {
  const until = ended ? formatMoment(ended * 1000) : strings.still;
  return Object.assign(document.createElement("li"), {
    textContent: `${name}: ${formatMoment(began * 1000)} – ${until}`,
  });
}

/**
 * The series that fired last, and where; nothing if there is too little to see.
 * @param {RulePicture} picture
 */
function drawPicture({ name, t, v, threshold, fired }) {
  const known = v.filter((value) => value !== null);
  if (known.length < 2) return [];
  const [low, high] = [Math.min(...known, threshold, 0), Math.max(...known, threshold)];
  const [from, to] = [t[0], t[t.length - 1]];
  const sparkline = new Sparkline({ from, to, low, high, label: fillPlaces(strings.picture, { name }) });
  for (const [began, ended] of fired) sparkline.addSpan(began, ended ?? to, "spark__fired");
  sparkline.addLine(t, v);
  sparkline.addLevel(threshold, "spark__threshold");
  /** @param {string} text */
  const createSpan = (text) => Object.assign(document.createElement("span"), { textContent: text });
  const times = Object.assign(document.createElement("div"), { className: "rule__times num" });
  times.append(...[name, [from, to].map((at) => formatMoment(at * 1000)).join(" – ")].map(createSpan));
  return [sparkline.svg, times];
}

/** @param {RulePreview} preview */
function showResult({ series, count, over, fired, steps, picture }) {
  const text = !series
    ? strings.nothing
    : count
      ? formatCount("fired", { count, over })
      : fillPlaces(strings.quiet, { over });
  const list = document.createElement("ul");
  list.append(...fired.slice(0, 5).map(createItem));
  const note = Object.assign(document.createElement("small"), { textContent: fillPlaces(strings.steps, { steps }) });
  place?.replaceChildren(
    series ? `${formatCount("series", { count: series })} ${text}` : text,
    ...(fired.length ? [list] : []),
    ...(series ? drawPicture(picture) : []),
    ...(series ? [note] : []),
  );
}

/**
 * Each problem stands at its field, where the server would put it after saving.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} problems
 */
function showProblems(form, problems) {
  for (const name of FIELDS) {
    const input = form.elements.namedItem(name);
    const field = input instanceof Element ? input.closest(".field") : null;
    field?.querySelector(".errorlist")?.remove();
    if (!field || !problems[name]) continue;
    const list = Object.assign(document.createElement("ul"), { className: "errorlist" });
    list.append(Object.assign(document.createElement("li"), { textContent: problems[name] }));
    field.append(list);
  }
}

let timer = 0;
/** @type {AbortController | null} */
let abortController = null;

/** @param {HTMLFormElement} form */
async function loadPreview(form) {
  if (!place || !form.isConnected) return;
  const data = new FormData(form);
  if (!data.get("source") || !data.get("series") || !data.get("threshold")) return place.replaceChildren();
  abortController?.abort();
  abortController = new AbortController();
  const query = new URLSearchParams(FIELDS.map((name) => [name, String(data.get(name) ?? "")]));
  try {
    showResult(await getJson(`${form.dataset.preview}?${query}`, { signal: abortController.signal }));
    showProblems(form, {});
  } catch (caught) {
    const error = /** @type {ApiError} */ (caught);
    if (error.name === "AbortError") return;
    place.replaceChildren();
    if (error.body?.problems) showProblems(form, error.body.problems);
  }
}

onView("form[data-preview]", (form) => {
  place = document.getElementById("rule-preview");
  strings = readBlock("preview-strings") ?? {};
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => loadPreview(form), TYPING_DELAY);
  });
  loadPreview(form);
});
