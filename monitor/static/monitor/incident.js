// An incident as a card in its room. Its words stand in a template, in the reader's language.
import { card } from "../chat/cards.js";
import { clock, full } from "../myweb/time.js";

const NEXT = {
  investigating: ["identified", "resolved"],
  identified: ["monitoring", "resolved"],
  monitoring: ["resolved"],
  resolved: ["investigating"],
};

const stencil = document.getElementById("incident-card");
const word = (name) => stencil.content.querySelector(`[data-word="${name}"]`)?.textContent ?? name;

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

function moment(at) {
  const time = element("time", "incident-card__time", clock(at));
  time.dateTime = at;
  time.title = full(at);
  return time;
}

function button(incident, what, context) {
  const made = element("button", "button button--quiet button--small", word(`do-${what}`));
  made.type = "button";
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      const answer = await context.socket.send("incident.do", { incident, what });
      if (answer?.say) context.say(answer.say);
    } catch (error) {
      context.say(error.text || word("not-now"));
    }
    made.disabled = false;
  });
  return made;
}

function update({ state, text, at, waits }) {
  const head = element("p", "incident-card__head", element("strong", "", word(state)), " ", moment(at));
  if (waits) head.append(" ", element("span", "badge badge--warn", word("waits")));
  const line = element("li", "incident-card__update", head);
  line.dataset.state = state;
  if (text) line.append(element("p", "incident-card__text", text));
  return line;
}

card("incident", (state, place, context) => {
  const badge = element("span", state.ended ? "badge" : "badge badge--warn", word(state.state));
  const known = element(
    "span",
    state.published ? "badge badge--accent" : "badge",
    word(state.published ? "published" : "unpublished"),
  );
  const link = element("a", "textlink", word("edit"));
  link.href = stencil.dataset.incident.replace("/0/", `/${state.incident}/`);
  const waits = (state.said ?? []).some((each) => each.waits);
  const actions = [...NEXT[state.state] ?? []];
  const { id, role } = context.me ?? {};
  const mayPublish = ["admin", "owner"].includes(role) || (state.publishers ?? []).includes(id);
  if (mayPublish && (!state.published || waits)) actions.unshift("publish");
  const box = element(
    "section",
    "incident-card",
    element(
      "p",
      "incident-card__kind",
      word("incident"),
      " · ",
      word(`impact-${state.impact}`),
      " · ",
      moment(state.started),
    ),
    element("h4", "incident-card__title", state.title),
    element(
      "p",
      "incident-card__badges",
      badge,
      " ",
      known,
      ...(state.parts ?? []).flatMap((part) => [" ", element("span", "badge", part)]),
    ),
    element("ol", "incident-card__said", ...(state.said ?? []).map(update)),
    element("p", "incident-card__actions", ...actions.map((what) => button(state.incident, what, context)), link),
  );
  if (!state.ended) box.append(element("p", "incident-card__hint", word("hint")));
  box.dataset.impact = state.ended ? "over" : state.impact;
  place.replaceChildren(box);
});
