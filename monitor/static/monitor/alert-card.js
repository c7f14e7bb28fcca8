// An alert in the conversation: one message that changes in place, from firing to resolved.
import { card } from "../chat/cards.js";
import { chart } from "./alert-chart.js";
import { amount, moment, note, sentence, span, whole, words } from "./alert-words.js";
import { onKeydown } from "../chat/keyboard.js";

const TIMES = { acknowledge: [15, 60, 240], silence: [60, 240, 1440] }; // minutes
const begun = new Map(); // alert -> {verb, words}: a form that somebody fills in while the card changes under it

function make(tag, name, content = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(content);
  return made;
}

function button(label, pressed) {
  const made = make("button", "button button--quiet button--small", label);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}

function link(label, address) {
  const made = make("a", "button button--quiet button--small", label);
  made.href = address;
  if (new URL(address, location.href).origin !== location.origin)
    Object.assign(made, { target: "_blank", rel: "noopener noreferrer" });
  return made;
}

const isAddress = (address) => /^(https?:\/\/|\/(?!\/))/.test(address ?? "");

function head(alert) {
  const made = make("header", "alert__head");
  made.append(
    make("span", "alert__state", words(alert.gone ? "gone" : `state_${alert.state}`)),
    make("strong", "alert__title", alert.title),
  );
  const first = alert.lines?.[0];
  const value = first && alert.picture && !first.name.endsWith(" up") ? amount(first.value, first.unit) : "";
  if (value) made.append(make("span", "alert__value num", value));
  return made;
}

function line(each) {
  const made = make("li", "alert__series");
  made.toggleAttribute("data-ended", Boolean(each.ended));
  const value = each.ended
    ? words(each.gone ? "gone" : "calm")
    : each.words || (each.value === undefined ? "" : amount(each.value, each.unit));
  const severity = each.severity && !each.ended ? `${words(`severity_${each.severity}`)} · ` : "";
  made.append(make("span", "alert__name", severity + each.name), make("span", "num", value));
  return made;
}

/** Of several series, or nothing. */
function list(alert) {
  const { lines = [], total = 0 } = alert;
  if (total < 2) return [];
  const made = make("ul", "alert__list");
  made.append(...lines.map(line));
  if (total > lines.length) made.append(make("li", "alert__rest", words("and_more", { count: total - lines.length })));
  return [made];
}

class AlertActions {
  constructor(alert, context, redraw) {
    this.alert = alert;
    this.context = context;
    this.redraw = redraw;
  }

  async try(verb, fields = {}) {
    begun.delete(this.alert.alert);
    this.redraw();
    try {
      await this.context.socket.send(`alert.${verb}`, { alert: this.alert.alert, ...fields });
    } catch (error) {
      this.context.say(error.text || words("not_now"));
    }
  }

  begin(verb) {
    if (begun.get(this.alert.alert)?.verb === verb) begun.delete(this.alert.alert);
    else begun.set(this.alert.alert, { verb, words: "", focus: true });
    this.redraw();
  }

  buttons() {
    const { alert } = this;
    const made = make("div", "alert__buttons");
    const verb = (name) => {
      const opens = button(words(name), () => this.begin(name));
      opens.setAttribute("aria-expanded", String(begun.get(alert.alert)?.verb === name));
      return opens;
    };
    if (isAddress(alert.runbook)) made.append(link(words("runbook"), alert.runbook));
    if (alert.state === "firing") made.append(verb("acknowledge"));
    if (alert.state === "acknowledged") made.append(button(words("give_back"), () => this.try("unacknowledge")));
    if (alert.state === "firing" || alert.state === "acknowledged") made.append(verb("silence"));
    if (!alert.ended) made.append(button(words("close"), () => this.try("close")));
    if (alert.ends) made.append(button(words("end_silence"), () => this.try("unsilence")));
    if (isAddress(alert.open)) made.append(link(words("open"), alert.open));
    return made;
  }

  /** How long, and why. */
  form() {
    const held = begun.get(this.alert.alert);
    if (!held || this.alert.ended) return [];
    const made = make("form", "alert__form");
    const input = Object.assign(make("input", "alert__words"), {
      type: "text",
      maxLength: 300,
      value: held.words,
      placeholder: words("words"),
    });
    input.setAttribute("aria-label", words("words"));
    input.addEventListener("input", () => { held.words = input.value; });
    onKeydown(input, (event) => event.key === "Escape" && this.begin(held.verb));
    const choices = TIMES[held.verb].map((minutes) =>
      button(span(minutes * 60), () => this.try(held.verb, { minutes, words: input.value })),
    );
    choices[1].classList.remove("button--quiet");
    const times = make("div", "alert__times");
    times.append(make("span", "alert__for", words(`${held.verb}_for`)), ...choices);
    made.append(input, times);
    made.addEventListener("submit", (event) => { event.preventDefault(); choices[1].click(); });
    if (held.focus) requestAnimationFrame(() => input.isConnected && input.focus({ preventScroll: true }));
    input.addEventListener("blur", () => { if (input.isConnected) held.focus = false; });
    input.addEventListener("focus", () => { held.focus = true; });
    return [made];
  }
}

function paint(alert, place, context) {
  const box = make("section", "alert");
  Object.assign(box.dataset, { state: alert.state, severity: alert.severity });
  box.setAttribute("aria-label", `${words(alert.gone ? "gone" : `state_${alert.state}`)}: ${alert.title}`);
  const actions = new AlertActions(alert, context, () => paint(alert, place, context));
  const said = make("p", "alert__sentence", sentence(alert));
  const below = make("p", "alert__note", note(alert));
  below.title = `${whole(alert.began)}${alert.ended ? ` – ${moment(alert.ended)}` : ""}`;
  const foot = make("footer", "alert__foot");
  foot.append(below, actions.buttons());
  const first = alert.lines?.[0];
  const picture =
    alert.picture && first ? chart(alert.picture, alert.began, words("chart", { name: first.name })) : null;
  box.append(head(alert), said, ...list(alert), ...(picture ? [picture] : []), foot, ...actions.form());
  place.replaceChildren(box);
}

card("alert", paint);
