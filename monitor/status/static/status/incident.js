// An incident as a card in its room. Its words stand in a template, in the reader's language.
import { registerCard } from "../chat/cards.js";
import { createElement, getElement } from "../myweb/elements.js";
import { createTime } from "../myweb/time.js";

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

/**
 * @param {number} incident
 * @param {string} what
 * @param {CardContext} context
 */
function createButton(incident, what, context) {
  const button = createElement("button", "card__button", findText(`do-${what}`));
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
    createTime(at, "moment", "incident-card__time"),
  );
  if (waits) head.append(" ", createElement("span", "badge badge--warn", findText("waits")));
  const line = createElement("li", "incident-card__update", head);
  line.dataset.state = state;
  if (text) line.append(createElement("p", "incident-card__text", text));
  return line;
}

/** @param {any} state */
function createHead(state) {
  const note = createElement(
    "small",
    "card__note",
    findText("incident"),
    " · ",
    findText(`impact-${state.impact}`),
    " · ",
    createTime(state.started, "moment"),
  );
  const word = createElement("strong", "card__state", findText(state.state));
  return createElement("header", "card__head", word, createElement("span", "card__title", state.title), note);
}

/**
 * @param {any} state
 * @param {CardContext} context
 */
function createFoot(state, context) {
  const link = createElement("a", "card__button", findText("edit"));
  link.href = template.dataset.incident.replace("/0/", `/${state.incident}/`);
  const waits = (state.said ?? []).some((/** @type {any} */ update) => update.waits);
  const actions = [...NEXT_STATES[state.state] ?? []];
  const { id, role } = context.me ?? {};
  const mayPublish = ["admin", "owner"].includes(role) || (state.publishers ?? []).includes(id);
  if (mayPublish && (!state.published || waits)) actions.unshift("publish");
  return createElement(
    "footer",
    "card__foot",
    createElement("span", "card__fact", state.ended ? "" : findText("hint")),
    ...actions.map((what) => createButton(state.incident, what, context)),
    link,
  );
}

/** @param {any} state */
function chooseTone({ ended, impact }) {
  if (ended) return "green";
  if (impact === "none") return "blue";
  return impact === "major" || impact === "critical" ? "red" : "amber";
}

registerCard("incident", (state, place, context) => {
  const published = findText(state.published ? "published" : "unpublished");
  const box = createElement(
    "section",
    "card incident-card",
    createHead(state),
    createElement(
      "p",
      "card__text",
      createElement("span", state.published ? "badge badge--accent" : "badge", published),
      ...(state.parts ?? []).flatMap((/** @type {string} */ part) => [" ", createElement("span", "badge", part)]),
    ),
    createElement("ol", "incident-card__updates", ...(state.said ?? []).map(createUpdate)),
    createFoot(state, context),
  );
  box.dataset.tone = chooseTone(state);
  place.replaceChildren(box);
});
