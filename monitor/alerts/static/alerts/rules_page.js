// The list of rules: found by typing, switched on and off where they are.
import { getDocument, postJson } from "../myweb/api.js";
import { paintTimes } from "../myweb/time.js";
import { onView } from "../myweb/view.js";

const SEARCH_DELAY = 250; // ms after the last key

async function refreshRules() {
  const { href } = location;
  const fresh = (await getDocument(href)).getElementById("rules");
  const place = document.getElementById("rules");
  if (!fresh || !place || href !== location.href) return;
  paintTimes(fresh);
  const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute("aria-label") : null;
  place.replaceChildren(...document.adoptNode(fresh).childNodes);
  if (focused) place.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
}

onView("#rules", (place, signal) => {
  place.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-switch]")) return;
    event.preventDefault();
    await postJson(form.action, new FormData(form)).catch(() => {}); // then it is shown as it still is
    await refreshRules().catch(() => {});
  }, { signal });
});

onView("#rule-search", (input, signal) => {
  let delay = 0;
  const { form } = input;
  const find = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, String(value));
    history.replaceState(history.state, "", `${location.pathname}${query.size ? "?" : ""}${query}`);
    refreshRules().catch(() => {});
  };
  form.addEventListener("input", () => {
    clearTimeout(delay);
    delay = setTimeout(find, SEARCH_DELAY);
  });
  form.addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); find(); });
  signal.addEventListener("abort", () => clearTimeout(delay));
});
