// One alert, on a page of its own or beside the list: its chart, its buttons, and what is new about it.
import { Sparkline } from "../metrics/sparkline.js";
import { isTextField } from "../chat/page.js";
import { onKeydown } from "../myweb/keyboard.js";
import { socket } from "../chat/shell.js";
import { getDocument } from "../myweb/api.js";
import { createElement } from "../myweb/elements.js";
import { formatValue } from "../myweb/formats.js";
import { t } from "../myweb/i18n.js";
import { createTime, paintTimes } from "../myweb/time.js";
import { onView } from "../myweb/view.js";

export const REFRESH_INTERVAL = 5_000; // ms
const TIMED = ["acknowledge", "silence"];

/** @param {HTMLElement} figure */
function drawPlot(figure) {
  const { picture, began, ended, unit = "", label = "" } = figure.dataset;
  const { t: times = [], v: values = [], threshold = null } = JSON.parse(picture || "{}");
  const known = values.filter((/** @type {Value} */ value) => value !== null);
  if (known.length < 2) return figure.remove();
  const [low, high] = [Math.min(...known, threshold ?? Infinity, 0), Math.max(...known, threshold ?? -Infinity)];
  const [from, to] = [times[0], times[times.length - 1]];
  const sparkline = new Sparkline({ from, to, low, high, label });
  sparkline.addSpan(Math.max(from, Number(began)), ended ? Math.min(to, Number(ended)) : to, "spark__fired");
  sparkline.addLine(times, values);
  if (threshold !== null) sparkline.addLevel(threshold, "spark__threshold");
  const levels = createElement("div", "alert-plot__levels num", ...[high, low].map((value) =>
    createElement("span", "", formatValue(value, unit))));
  const axis = createElement("div", "alert-plot__times num", ...[from, (from + to) / 2, to].map((at) =>
    createTime(at * 1_000, "clock")));
  figure.replaceChildren(levels, sparkline.svg, axis);
}

/** @param {ParentNode} root */
function drawPlots(root) {
  for (const figure of root.querySelectorAll(".alert-plot")) if (figure instanceof HTMLElement) drawPlot(figure);
}

/**
 * The content of the page of an alert.
 * @param {string} href
 */
export async function loadAlert(href) {
  const article = (await getDocument(href)).getElementById("alert");
  if (!article) throw new Error("The page has no alert.");
  const fresh = document.adoptNode(article);
  paintTimes(fresh);
  return fresh;
}

/**
 * Shows what is new about an alert, unless somebody is writing into it.
 * @param {HTMLElement} article
 */
export async function refreshAlert(article) {
  const fresh = await loadAlert(`/alerts/${article.dataset.alert}/`);
  const isInUse = article.querySelector("details[open]") || article.contains(document.activeElement);
  if (!article.isConnected || isInUse || describeContent(fresh) === describeContent(article)) return;
  drawPlots(fresh);
  article.replaceWith(fresh);
}

/**
 * What tells two versions apart; charts and tokens of forms do not.
 * @param {HTMLElement} article
 */
const describeContent = (article) =>
  [...article.querySelectorAll("p, h1, li, button")].map((part) => part.textContent).join("\n") +
  (article.querySelector(".alert-plot")?.dataset.picture ?? "");

/** @param {string} text */
function showProblem(text) {
  const status = document.getElementById("alert-status");
  if (status) Object.assign(status, { textContent: text, className: text ? "alert-problem" : "sr" });
}

/**
 * Sends what a form would post, by the socket. Resolves when it is done, or when the page says why not.
 * @param {SubmitEvent} event
 */
export async function sendForm(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const verb = String(data.get("do"));
  const alert = Number(form.closest("[data-alert]")?.dataset.alert);
  const [minutes, words] = [Number(data.get("minutes")), String(data.get("words") ?? "")];
  try {
    await socket.send(`alert.${verb}`, TIMED.includes(verb) ? { alert, minutes, words } : { alert });
    showProblem("");
    form.closest("details")?.removeAttribute("open");
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  } catch (error) {
    showProblem(/** @type {CommandError} */ (error).text || t("not_now"));
  }
}

/** @param {ParentNode} root */
export function openSilence(root) {
  const details = root.querySelector("details.alert-silence");
  details?.setAttribute("open", "");
  /** @type {HTMLElement | null} */ (details?.querySelector("input[type=text]"))?.focus();
}

/**
 * A acknowledges and S silences what `find` returns, while no field has the focus.
 * @param {() => ParentNode | null} find
 * @param {(root: ParentNode) => void} silence
 * @param {AbortSignal} signal
 */
export function onAlertKeys(find, silence, signal) {
  onKeydown(document, (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
    if (!isPlain || isTextField(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const root = key === "a" || key === "s" ? find() : null;
    if (!root) return;
    event.preventDefault();
    if (key === "s") silence(root);
    else /** @type {HTMLElement | null} */ (root.querySelector("[name=do][value=acknowledge]"))?.click();
  }, { signal });
}

/**
 * @param {HTMLElement} article
 */
export function dressAlert(article) {
  drawPlots(article);
}

onView("#content #alert", (/** @type {HTMLElement} */ article, signal) => {
  const content = /** @type {HTMLElement} */ (article.parentElement);
  const find = () => document.getElementById("alert");
  const refresh = () => {
    const shown = find();
    if (shown && document.visibilityState === "visible") refreshAlert(shown).catch(() => {});
  };
  dressAlert(article);
  content.addEventListener("submit", (event) => sendForm(/** @type {SubmitEvent} */ (event)).then(refresh), { signal });
  onAlertKeys(find, openSilence, signal);
  const timer = setInterval(refresh, REFRESH_INTERVAL);
  signal.addEventListener("abort", () => clearInterval(timer));
});
