// An incident as a card in its room. Its words stand in a template, in the reader's language.
import { registerCard } from "../chat/cards.js";
import { createElement, getElement } from "../myweb/elements.js";
import { formatClock, formatFullTime } from "../myweb/time.js";

/** @type {Record<string, string[]>} */
const NEXT_STATES = {
  investigating: ["identified", "resolved"],
  identified: ["monitoring", "resolved"],
  monitoring: ["resolved"],
  resolved: ["investigating"],
};

const template = getElement("incident-card", HTMLTemplateElement);
/** @param {string} name */
const findText = (name) => template.content.querySelector(`[data-word="${name}"]`)?.textContent ?? name;

/** @param {string} at */
function createTime(at) {
  const time = createElement("time", "incident-card__time", formatClock(at));
  time.dateTime = at;
  time.title = formatFullTime(at);
  return time;
}

/**
 * @param {number} incident
 * @param {string} what
 * @param {CardContext} context
 */
function createButton(incident, what, context) {
  const button = createElement("button", "button button--quiet button--small", findText(`do-${what}`));
  button.type = "button";
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const answer = await context.socket.send("incident.do", { incident, what });
      if (answer?.say) context.showToast(answer.say);
    } catch (error) {
      context.showToast(/** @type {CommandError} */ (error).text || findText("not-now"));
    }
    button.disabled = false;
  });
  return button;
}

/** @param {IncidentUpdate} update */
function createUpdate({ state, text, at, waits }) {
  const head = createElement(
    "p",
    "incident-card__head",
    createElement("strong", "", findText(state)),
    " ",
    createTime(at),
  );
  if (waits) head.append(" ", createElement("span", "badge badge--warn", findText("waits")));
  const line = createElement("li", "incident-card__update", head);
  line.dataset.state = state;
  if (text) line.append(createElement("p", "incident-card__text", text));
  return line;
}

registerCard("incident", (state, place, context) => {
  const badge = createElement("span", state.ended ? "badge" : "badge badge--warn", findText(state.state));
  const known = createElement(
    "span",
    state.published ? "badge badge--accent" : "badge",
    findText(state.published ? "published" : "unpublished"),
  );
  const link = createElement("a", "textlink", findText("edit"));
  link.href = template.dataset.incident.replace("/0/", `/${state.incident}/`);
  const waits = (state.said ?? []).some((/** @type {any} */ update) => update.waits);
  const actions = [...NEXT_STATES[state.state] ?? []];
  const { id, role } = context.me ?? {};
  const mayPublish = ["admin", "owner"].includes(role) || (state.publishers ?? []).includes(id);
  if (mayPublish && (!state.published || waits)) actions.unshift("publish");
  const box = createElement(
    "section",
    "incident-card",
    createElement(
      "p",
      "incident-card__kind",
      findText("incident"),
      " · ",
      findText(`impact-${state.impact}`),
      " · ",
      createTime(state.started),
    ),
    createElement("h2", "incident-card__title", state.title),
    createElement(
      "p",
      "incident-card__badges",
      badge,
      " ",
      known,
      ...(state.parts ?? []).flatMap((/** @type {string} */ part) => [" ", createElement("span", "badge", part)]),
    ),
    createElement("ol", "incident-card__updates", ...(state.said ?? []).map(createUpdate)),
    createElement(
      "p",
      "incident-card__actions",
      ...actions.map((what) => createButton(state.incident, what, context)),
      link,
    ),
  );
  if (!state.ended) box.append(createElement("p", "incident-card__hint", findText("hint")));
  box.dataset.impact = state.ended ? "over" : state.impact;
  place.replaceChildren(box);
});
