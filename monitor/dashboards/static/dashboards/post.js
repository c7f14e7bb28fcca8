// "Post to a room": a panel of the dashboard with the range that is shown, as a chart in the conversation.
import { findElement, getElement } from "../myweb/elements.js";
import { postJson } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";

/**
 * `shown()` gives the figures of the panels and the range: `{ figures, range: [from, to] }`, in seconds.
 * Returns what to call when panels may have appeared.
 * @param {any} form
 * @param {() => { figures: HTMLElement[], range: number[] }} shown
 */
export function startPostForm(form, shown) {
  const waiting = getElement("waiting", HTMLElement).textContent ?? "";
  const refused = form.querySelector("[role=alert]");
  const { panel } = form.elements;

  /** @param {string} text */
  const showError = (text) => Object.assign(refused, { textContent: text, hidden: !text });

  function fill() {
    const chosen = panel.value;
    const options = [...shown().figures.entries()].filter(([, figure]) => !figure.hidden);
    panel.replaceChildren(
      ...options.map(
        ([number, figure]) => new Option(findElement(figure, ".panel__title", HTMLElement).textContent, String(number)),
      ),
    );
    if (options.some(([number]) => String(number) === chosen)) panel.value = chosen;
    showError(options.length ? "" : waiting);
  }

  /** The first values came, or another panel has some, while the form is open. */
  function refresh() {
    const count = shown().figures.filter((figure) => !figure.hidden).length;
    if (form.matches(":popover-open") && panel.options.length !== count) fill();
  }

  async function post() {
    const [from, to] = shown().range.map(Math.round);
    const body = new FormData(form);
    body.set("from", String(from));
    body.set("to", String(to));
    try {
      location.assign((await postJson(form.action, body)).href);
    } catch (caught) {
      const error = /** @type {ApiError} */ (caught);
      showError(error.text || t(error.status === null ? "not_now_offline" : "not_now"));
    }
  }

  form.addEventListener("beforetoggle", (/** @type {any} */ { newState }) => newState === "open" && fill());
  form.addEventListener("submit", (/** @type {any} */ event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    post().finally(() => { button.disabled = false; });
  });
  return refresh;
}
