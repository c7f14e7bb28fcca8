// An alert in the conversation: one message that changes in place, from firing to resolved.
import { registerCard } from "../chat/cards.js";
import { drawAlertChart } from "./alert-chart.js";
import {
  formatAmount,
  formatMoment,
  describeState,
  describeAlert,
  formatSpan,
  formatExactMoment,
  formatAlertText,
} from "./alert-words.js";
import { onKeydown } from "../chat/keyboard.js";

const TIMES = { acknowledge: [15, 60, 240], silence: [60, 240, 1440] }; // minutes
const openForms = new Map(); // alert -> {verb, words}: a form that somebody fills in while the card changes under it

function createElement(tag, name, content = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(content);
  return made;
}

function createButton(label, pressed) {
  const made = createElement("button", "button button--quiet button--small", label);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}

function createLink(label, address) {
  const made = createElement("a", "button button--quiet button--small", label);
  made.href = address;
  if (new URL(address, location.href).origin !== location.origin)
    Object.assign(made, { target: "_blank", rel: "noopener noreferrer" });
  return made;
}

const isUrl = (address) => /^(https?:\/\/|\/(?!\/))/.test(address ?? "");

function createHead(alert) {
  const made = createElement("header", "alert__head");
  made.append(
    createElement("span", "alert__state", formatAlertText(alert.gone ? "gone" : `state_${alert.state}`)),
    createElement("strong", "alert__title", alert.title),
  );
  const first = alert.lines?.[0];
  const value = first && alert.picture && !first.name.endsWith(" up") ? formatAmount(first.value, first.unit) : "";
  if (value) made.append(createElement("span", "alert__value num", value));
  return made;
}

function createLine(each) {
  const made = createElement("li", "alert__series");
  made.toggleAttribute("data-ended", Boolean(each.ended));
  const value = each.ended
    ? formatAlertText(each.gone ? "gone" : "calm")
    : each.words || (each.value === undefined ? "" : formatAmount(each.value, each.unit));
  const severity = each.severity && !each.ended ? `${formatAlertText(`severity_${each.severity}`)} · ` : "";
  made.append(createElement("span", "alert__name", severity + each.name), createElement("span", "num", value));
  return made;
}

/** Of several series, or nothing. */
function createList(alert) {
  const { lines = [], total = 0 } = alert;
  if (total < 2) return [];
  const made = createElement("ul", "alert__list");
  made.append(...lines.map(createLine));
  if (total > lines.length)
    made.append(createElement("li", "alert__rest", formatAlertText("and_more", { count: total - lines.length })));
  return [made];
}

class AlertActions {
  constructor(alert, context, redraw) {
    this.alert = alert;
    this.context = context;
    this.redraw = redraw;
  }

  async sendCommand(verb, fields = {}) {
    openForms.delete(this.alert.alert);
    this.redraw();
    try {
      await this.context.socket.send(`alert.${verb}`, { alert: this.alert.alert, ...fields });
    } catch (error) {
      this.context.showToast(error.text || formatAlertText("not_now"));
    }
  }

  toggleForm(verb) {
    if (openForms.get(this.alert.alert)?.verb === verb) openForms.delete(this.alert.alert);
    else openForms.set(this.alert.alert, { verb, words: "", focus: true });
    this.redraw();
  }

  createButtons() {
    const { alert } = this;
    const made = createElement("div", "alert__buttons");
    const verb = (name) => {
      const opens = createButton(formatAlertText(name), () => this.toggleForm(name));
      opens.setAttribute("aria-expanded", String(openForms.get(alert.alert)?.verb === name));
      return opens;
    };
    if (isUrl(alert.runbook)) made.append(createLink(formatAlertText("runbook"), alert.runbook));
    if (alert.state === "firing") made.append(verb("acknowledge"));
    if (alert.state === "acknowledged")
      made.append(createButton(formatAlertText("give_back"), () => this.sendCommand("unacknowledge")));
    if (alert.state === "firing" || alert.state === "acknowledged") made.append(verb("silence"));
    if (!alert.ended) made.append(createButton(formatAlertText("close"), () => this.sendCommand("close")));
    if (alert.ends) made.append(createButton(formatAlertText("end_silence"), () => this.sendCommand("unsilence")));
    if (isUrl(alert.open)) made.append(createLink(formatAlertText("open"), alert.open));
    return made;
  }

  /** How long, and why. */
  createForm() {
    const held = openForms.get(this.alert.alert);
    if (!held || this.alert.ended) return [];
    const made = createElement("form", "alert__form");
    const input = Object.assign(createElement("input", "alert__comment"), {
      type: "text",
      maxLength: 300,
      value: held.words,
      placeholder: formatAlertText("words"),
    });
    input.setAttribute("aria-label", formatAlertText("words"));
    input.addEventListener("input", () => { held.words = input.value; });
    onKeydown(input, (event) => event.key === "Escape" && this.toggleForm(held.verb));
    const choices = TIMES[held.verb].map((minutes) =>
      createButton(formatSpan(minutes * 60), () => this.sendCommand(held.verb, { minutes, words: input.value })),
    );
    choices[1].classList.remove("button--quiet");
    const times = createElement("div", "alert__times");
    times.append(createElement("span", "alert__for", formatAlertText(`${held.verb}_for`)), ...choices);
    made.append(input, times);
    made.addEventListener("submit", (event) => { event.preventDefault(); choices[1].click(); });
    if (held.focus) requestAnimationFrame(() => input.isConnected && input.focus({ preventScroll: true }));
    input.addEventListener("blur", () => { if (input.isConnected) held.focus = false; });
    input.addEventListener("focus", () => { held.focus = true; });
    return [made];
  }
}

function paintAlert(alert, place, context) {
  const box = createElement("section", "alert");
  Object.assign(box.dataset, { state: alert.state, severity: alert.severity });
  box.setAttribute("aria-label", `${formatAlertText(alert.gone ? "gone" : `state_${alert.state}`)}: ${alert.title}`);
  const actions = new AlertActions(alert, context, () => paintAlert(alert, place, context));
  const said = createElement("p", "alert__sentence", describeAlert(alert));
  const below = createElement("p", "alert__note", describeState(alert));
  below.title = `${formatExactMoment(alert.began)}${alert.ended ? ` – ${formatMoment(alert.ended)}` : ""}`;
  const foot = createElement("footer", "alert__foot");
  foot.append(below, actions.createButtons());
  const first = alert.lines?.[0];
  const picture =
    alert.picture && first
      ? drawAlertChart(alert.picture, alert.began, formatAlertText("chart", { name: first.name }))
      : null;
  box.append(
    createHead(alert),
    said,
    ...createList(alert),
    ...(picture ? [picture] : []),
    foot,
    ...actions.createForm(),
  );
  place.replaceChildren(box);
}

registerCard("alert", paintAlert);
