// Says in the rule's form what the rule would have found, while it is written.
import { Sparkline } from "./sparkline.js";
import { getJson } from "../myweb/api.js";
import { language } from "../myweb/i18n.js";

const form = document.querySelector("form[data-preview]");
const place = document.getElementById("rule-preview");
const strings = JSON.parse(document.getElementById("preview-strings")?.textContent ?? "{}");
const plural = new Intl.PluralRules(language);
const clock = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" });
const WAIT = 300; // ms after the last key
const ASKED = ["source", "series", "comparison", "threshold", "hold", "keep", "no_data"];

const fill = (text, values) => (text ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const counted = (key, values) =>
  fill(strings[`${key}_${plural.select(values.count)}`] ?? strings[`${key}_other`], values);

function item({ name, began, ended }) {
  const until = ended ? clock.format(new Date(ended * 1000)) : strings.still;
  return Object.assign(document.createElement("li"), {
    textContent: `${name}: ${clock.format(new Date(began * 1000))} – ${until}`,
  });
}

/** The series that fired last, and where; nothing if there is too little to see. */
function draw({ name, t, v, threshold, fired }) {
  const known = v.filter((value) => value !== null);
  if (known.length < 2) return [];
  const [low, high] = [Math.min(...known, threshold, 0), Math.max(...known, threshold)];
  const drawn = new Sparkline({ from: t[0], to: t.at(-1), low, high, label: fill(strings.picture, { name }) });
  for (const [began, ended] of fired) drawn.stretch(began, ended ?? t.at(-1), "spark__fired");
  drawn.line(t, v);
  drawn.level(threshold, "spark__threshold");
  const said = (text) => Object.assign(document.createElement("span"), { textContent: text });
  const times = Object.assign(document.createElement("div"), { className: "rule__times num" });
  times.append(...[name, [t[0], t.at(-1)].map((at) => clock.format(new Date(at * 1000))).join(" – ")].map(said));
  return [drawn.svg, times];
}

function show({ series, count, over, fired, steps, picture }) {
  const text = !series ? strings.nothing : count ? counted("fired", { count, over }) : fill(strings.quiet, { over });
  const list = document.createElement("ul");
  list.append(...fired.slice(0, 5).map(item));
  const note = Object.assign(document.createElement("small"), { textContent: fill(strings.steps, { steps }) });
  place.replaceChildren(
    series ? `${counted("series", { count: series })} ${text}` : text,
    ...(fired.length ? [list] : []),
    ...(series ? draw(picture) : []),
    ...(series ? [note] : []),
  );
}

let [timer, asked] = [0, null];

async function ask() {
  const data = new FormData(form);
  if (!data.get("source") || !data.get("series") || !data.get("threshold")) return place.replaceChildren();
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams(ASKED.map((name) => [name, String(data.get(name) ?? "")]));
  try {
    show(await getJson(`${form.dataset.preview}?${query}`, { signal: asked.signal }));
  } catch (error) {
    if (error.name !== "AbortError") place.replaceChildren(error.body?.problem ?? "");
  }
}

form?.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
if (form) ask();
