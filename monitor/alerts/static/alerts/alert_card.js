// An alert in the conversation: one message that changes in place, from firing to resolved.
import { registerCard } from "../chat/cards.js";
import { createElement } from "../myweb/elements.js";
import { drawAlertChart } from "./alert_chart.js";
import {
  formatAmount,
  describeState,
  describeAlert,
  formatSpan,
  formatAlertText,
} from "./alert_words.js";
import { formatFullTime } from "../myweb/time.js";
import { onKeydown } from "../myweb/keyboard.js";

/** @type {{ acknowledge: number[], silence: number[] }} OFFERED_MINUTES of monitor/alerts/actions.py */
const offeredMinutes = JSON.parse(document.getElementById("offered-minutes")?.textContent ?? "{}");
/** @type {Map<number, OpenForm>} */
const openForms = new Map(); // by alert: a form stays filled in while its card changes

/**
 * @param {string} label
 * @param {() => void} pressed
 */
function createButton(label, pressed) {
  const button = createElement("button", "button button--quiet button--small", label);
  button.type = "button";
  button.addEventListener("click", pressed);
  return button;
}

/**
 * @param {string} label
 * @param {string} address
 */
function createLink(label, address) {
  const link = createElement("a", "button button--quiet button--small", label);
  link.href = address;
  if (new URL(address, location.href).origin !== location.origin)
    Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
  return link;
}

/**
 * @param {string | undefined} address
 * @returns {address is string}
 */
const isUrl = (address) => /^(https?:\/\/|\/(?!\/))/.test(address ?? "");

/** @param {AlertState} alert */
function createHead(alert) {
  const head = createElement("header", "alert__head");
  head.append(
    createElement("span", "alert__state", formatAlertText(alert.gone ? "gone" : `state_${alert.state}`)),
    createElement("strong", "alert__title", alert.title),
  );
  const first = alert.lines?.[0];
  const hasValue = first && alert.picture && !first.words && !first.name.endsWith(" up");
  const value = hasValue ? formatAmount(first.value, first.unit) : "";
  if (value) head.append(createElement("span", "alert__value num", value));
  return head;
}

/** @param {AlertLine} line */
function createLine(line) {
  const item = createElement("li", "alert__series");
  item.toggleAttribute("data-ended", Boolean(line.ended));
  const value = line.ended
    ? formatAlertText(line.gone ? "gone" : "calm")
    : line.words || (line.value === undefined ? "" : formatAmount(line.value, line.unit));
  const severity = line.severity && !line.ended ? `${formatAlertText(`severity_${line.severity}`)} · ` : "";
  item.append(createElement("span", "alert__name", severity + line.name), createElement("span", "num", value));
  return item;
}

/**
 * Of several series, or nothing.
 * @param {AlertState} alert
 */
function createList(alert) {
  const { lines = [], total = 0 } = alert;
  if (total < 2) return [];
  const list = createElement("ul", "alert__list");
  list.append(...lines.map(createLine));
  if (total > lines.length)
    list.append(createElement("li", "alert__rest", formatAlertText("and_more", { count: total - lines.length })));
  return [list];
}

class AlertActions {
  /**
   * @param {AlertState} alert
   * @param {CardContext} context
   * @param {() => void} redraw
   */
  constructor(alert, context, redraw) {
    this.alert = alert;
    this.context = context;
    this.redraw = redraw;
  }

  /** @param {string} verb */
  async sendCommand(verb, fields = {}) {
    openForms.delete(this.alert.alert);
    this.redraw();
    try {
      await this.context.socket.send(`alert.${verb}`, { alert: this.alert.alert, ...fields });
    } catch (error) {
      const { text } = /** @type {CommandError} */ (error);
      this.context.showToast(text || formatAlertText("not_now"));
    }
  }

  /** @param {"acknowledge" | "silence"} verb */
  toggleForm(verb) {
    if (openForms.get(this.alert.alert)?.verb === verb) openForms.delete(this.alert.alert);
    else openForms.set(this.alert.alert, { verb, words: "", focus: true });
    this.redraw();
  }

  createButtons() {
    const { alert } = this;
    const buttons = createElement("div", "alert__buttons");
    /** @param {"acknowledge" | "silence"} name */
    const verb = (name) => {
      const opens = createButton(formatAlertText(name), () => this.toggleForm(name));
      opens.setAttribute("aria-expanded", String(openForms.get(alert.alert)?.verb === name));
      return opens;
    };
    if (isUrl(alert.runbook)) buttons.append(createLink(formatAlertText("runbook"), alert.runbook));
    if (alert.state === "firing") buttons.append(verb("acknowledge"));
    if (alert.state === "acknowledged")
      buttons.append(createButton(formatAlertText("give_back"), () => this.sendCommand("unacknowledge")));
    if (alert.state === "firing" || alert.state === "acknowledged") buttons.append(verb("silence"));
    if (!alert.ended) buttons.append(createButton(formatAlertText("close"), () => this.sendCommand("close")));
    if (alert.ends) buttons.append(createButton(formatAlertText("end_silence"), () => this.sendCommand("unsilence")));
    if (isUrl(alert.open)) buttons.append(createLink(formatAlertText("open"), alert.open));
    return buttons;
  }

  /** How long, and why. */
  createForm() {
    const openForm = openForms.get(this.alert.alert);
    if (!openForm || this.alert.ended) return [];
    const form = createElement("form", "alert__form");
    const input = Object.assign(createElement("input", "alert__comment"), {
      type: "text",
      maxLength: 300,
      value: openForm.words,
      placeholder: formatAlertText("words"),
    });
    input.setAttribute("aria-label", formatAlertText("words"));
    input.addEventListener("input", () => { openForm.words = input.value; });
    onKeydown(input, (event) => event.key === "Escape" && this.toggleForm(openForm.verb));
    const choices = offeredMinutes[openForm.verb].map((minutes) =>
      createButton(formatSpan(minutes * 60), () => this.sendCommand(openForm.verb, { minutes, words: input.value })),
    );
    choices[1].classList.remove("button--quiet");
    const times = createElement("div", "alert__times");
    times.append(createElement("span", "alert__for", formatAlertText(`${openForm.verb}_for`)), ...choices);
    form.append(input, times);
    form.addEventListener("submit", (event) => { event.preventDefault(); choices[1].click(); });
    if (openForm.focus) requestAnimationFrame(() => input.isConnected && input.focus({ preventScroll: true }));
    input.addEventListener("blur", () => { if (input.isConnected) openForm.focus = false; });
    input.addEventListener("focus", () => { openForm.focus = true; });
    return [form];
  }
}

/**
 * @param {AlertState} alert
 * @param {HTMLElement} place
 * @param {CardContext} context
 */
function paintAlert(alert, place, context) {
  const box = createElement("section", "alert");
  Object.assign(box.dataset, { state: alert.state, severity: alert.severity });
  box.setAttribute("aria-label", `${formatAlertText(alert.gone ? "gone" : `state_${alert.state}`)}: ${alert.title}`);
  const actions = new AlertActions(alert, context, () => paintAlert(alert, place, context));
  const sentence = createElement("p", "alert__sentence", describeAlert(alert));
  const below = createElement("p", "alert__note", ...describeState(alert));
  const ends = alert.ended ? [alert.began, alert.ended] : [alert.began];
  below.title = ends.map((at) => formatFullTime(at * 1_000)).join(" – ");
  const foot = createElement("footer", "alert__foot");
  foot.append(below, actions.createButtons());
  const first = alert.lines?.[0];
  const picture =
    alert.picture && first
      ? drawAlertChart(alert.picture, alert.began, formatAlertText("chart", { name: first.name }))
      : null;
  box.append(
    createHead(alert),
    sentence,
    ...createList(alert),
    ...(picture ? [picture] : []),
    foot,
    ...actions.createForm(),
  );
  place.replaceChildren(box);
}

registerCard("alert", paintAlert);
