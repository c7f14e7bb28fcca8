// Says in the rule's form what the rule would have found, while it is written.
const form = document.querySelector("form[data-preview]");
const place = document.getElementById("rule-preview");
const strings = JSON.parse(document.getElementById("preview-strings")?.textContent ?? "{}");
const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const clock = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" });
const WAIT = 300; // ms after the last key
const ASKED = ["source", "series", "comparison", "threshold", "hold", "keep", "no_data"];

const fill = (text, values) => (text ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const counted = (key, values) => fill(strings[`${key}_${plural.select(values.count)}`] ?? strings[`${key}_other`], values);

function item({ name, began, ended }) {
  const until = ended ? clock.format(new Date(ended * 1000)) : strings.still;
  return Object.assign(document.createElement("li"), { textContent: `${name}: ${clock.format(new Date(began * 1000))} – ${until}` });
}

function show({ series, count, over, fired }) {
  const text = !series ? strings.nothing : count ? counted("fired", { count, over }) : fill(strings.quiet, { over });
  const list = document.createElement("ul");
  list.append(...fired.slice(0, 5).map(item));
  place.replaceChildren(series ? `${counted("series", { count: series })} ${text}` : text, ...(fired.length ? [list] : []));
}

let [timer, asked] = [0, null];

async function ask() {
  const data = new FormData(form);
  if (!data.get("source") || !data.get("series") || !data.get("threshold")) return place.replaceChildren();
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams(ASKED.map((name) => [name, data.get(name) ?? ""]));
  try {
    const answer = await fetch(`${form.dataset.preview}?${query}`, { signal: asked.signal });
    const told = await answer.json();
    if (answer.ok) show(told);
    else place.replaceChildren(told.problem ?? "");
  } catch (error) {
    if (error.name !== "AbortError") place.replaceChildren();
  }
}

form?.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
if (form) ask();
