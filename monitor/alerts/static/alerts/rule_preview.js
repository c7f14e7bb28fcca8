// The form of a rule: its lists of sources and series, and beside it when the rule would have fired.
import { Sparkline } from "../metrics/sparkline.js";
import { getJson } from "../myweb/api.js";
import { createElement } from "../myweb/elements.js";
import { formatDuration } from "../myweb/formats.js";
import { fillPlaces, language, readBlock } from "../myweb/i18n.js";
import { createTime } from "../myweb/time.js";
import { onView } from "../myweb/view.js";
import { ChoiceList } from "./choice_list.js";

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
  const end = ended ? createTime(ended * 1_000, "moment") : strings.still;
  const times = createElement("span", "num", createTime(began * 1_000, "moment"), " – ", end);
  return createElement("li", "", createElement("span", "", name), times);
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
  const ends = [from, to].map((at) => createTime(at * 1_000, "moment"));
  const times = createElement("div", "rule-preview__times num", ...ends);
  return [createElement("p", "rule-preview__name", name), sparkline.svg, times];
}

/** @param {RulePreview["nearest"]} nearest */
function createNearest(nearest) {
  if (!nearest.length) return [];
  const list = createElement("ul", "rule-preview__list");
  for (const { name, text, met } of nearest) {
    const value = createElement("b", met ? "bad num" : "num", text);
    list.append(createElement("li", "", createElement("span", "", name), value));
  }
  return [createElement("h3", "", strings.nearest), list];
}

/** @param {RulePreview} preview */
function showResult({ series, count, over, fired, steps, picture, seconds_fired: seconds, nearest }) {
  if (!series) return place?.replaceChildren(createElement("p", "", strings.nothing));
  const result = count
    ? formatCount("fired", { count, over, span: formatDuration(seconds) })
    : fillPlaces(strings.quiet, { over });
  const list = createElement("ul", "rule-preview__list", ...fired.slice(0, 5).map(createItem));
  place?.replaceChildren(
    createElement("p", "", createElement("b", "", result), ` ${formatCount("series", { count: series })}`),
    ...drawPicture(picture),
    ...(fired.length ? [createElement("h3", "", strings.when), list] : []),
    ...createNearest(nearest),
    createElement("p", "quiet", fillPlaces(strings.steps, { steps })),
  );
}

/** @param {Element | null} field */
function clearProblem(field) {
  field?.querySelector(".errorlist")?.remove();
  field?.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
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
    clearProblem(field);
    if (!field || !problems[name]) continue;
    /** @type {Element} */ (input).setAttribute("aria-invalid", "true");
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
  if (!data.get("source") || !data.get("series") || !data.get("threshold"))
    return place.replaceChildren(createElement("p", "quiet", strings.hint));
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

/** What the lists show: every source, and the series of those that are chosen. */
class SeriesLists {
  /** @type {SourceSeries[]} */
  sources = [];

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.source = form.elements.namedItem("source");
    const series = form.elements.namedItem("series");
    if (!(this.source instanceof HTMLInputElement) || !(series instanceof HTMLInputElement)) return;
    const lists = [
      new ChoiceList(this.source, () => this.findSources()),
      new ChoiceList(series, () => this.findSeries()),
    ];
    this.load(form.dataset.series ?? "").then(() => {
      this.showUnit(series.value);
      for (const list of lists) list.update();
    });
    form.addEventListener("input", () => this.showUnit(series.value));
  }

  /**
   * Behind the threshold.
   * @param {string} name
   */
  showUnit(name) {
    const unit = document.getElementById("rule-unit");
    if (unit) unit.textContent = name === "up" ? "" : this.listUnits().get(name) ?? "";
  }

  /** @param {string} url */
  async load(url) {
    try {
      ({ sources: this.sources } = await getJson(url));
    } catch { /* names can still be typed */ }
  }

  findSources() {
    const known = this.sources.map(({ key, title }) => ({ value: key, label: title === key ? "" : title }));
    return known.length > 1 ? [...known, { value: "*", label: strings.every_source }] : known;
  }

  findSeries() { return [...this.listUnits()].map(([value, note]) => ({ value, note })); }

  /** Of the series of the chosen sources. */
  listUnits() {
    const patterns = /** @type {HTMLInputElement} */ (this.source).value.split(/[\s,]+/).filter(Boolean).map(toRegExp);
    const units = new Map([["up", strings.up]]);
    for (const { key, series } of this.sources)
      if (patterns.some((pattern) => pattern.test(key)))
        for (const [name, unit] of series) if (!units.has(name)) units.set(name, unit);
    return units;
  }
}

/** @param {string} pattern with * and ? */
const toRegExp = (pattern) =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")}$`);

onView("form[data-preview]", (form) => {
  place = document.getElementById("rule-preview");
  strings = readBlock("preview-strings") ?? {};
  new SeriesLists(form);
  form.addEventListener("input", (/** @type {Event} */ { target }) => {
    if (target instanceof HTMLElement && !FIELDS.includes(target.getAttribute("name") ?? ""))
      clearProblem(target.closest(".field"));
    clearTimeout(timer);
    timer = setTimeout(() => loadPreview(form), TYPING_DELAY);
  });
  loadPreview(form);
});
