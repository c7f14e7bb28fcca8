// The card of an outage: a check is down, since when and why; later, for how long it was.
import { getCardAt, registerCard } from "../chat/cards.js";
import { createElement } from "../myweb/elements.js";
import { formatDuration } from "../myweb/formats.js";
import { createTime } from "../myweb/time.js";
import { createFrame, formatCheckNodes, formatCheckText } from "./check_card.js";

function createCard() {
  const frame = createFrame("outage");
  const link = createElement("a", "button button--quiet button--small check-card__link", formatCheckText("open"));
  frame.state.remove();
  frame.foot.append(link);
  return { ...frame, link };
}

registerCard("check", (/** @type {OutageState} */ state, place) => {
  const card = getCardAt(place, createCard);
  const { name, since, ended = null } = state;
  card.root.dataset.tone = ended === null ? "bad" : "good";
  card.title.textContent =
    ended === null
      ? formatCheckText("down", { name })
      : formatCheckText("recovered", { name, time: formatDuration(ended - since) });
  card.message.textContent = state.said ?? "";
  card.message.hidden = !state.said;
  const [begin, end] = [since, ended ?? since].map((at) => createTime(at * 1_000, "moment"));
  card.note.replaceChildren(
    ...(ended === null ? formatCheckNodes("since", { time: begin }) : formatCheckNodes("span", { begin, end })),
  );
  card.link.href = formatCheckText("check").replace("slug-of-check", encodeURIComponent(state.check));
});
