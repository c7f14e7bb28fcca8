// The page of a dashboard: the house around it, its stream, and the panels that draw what the stream says.
import { t } from "../chat/page.js";
import { Socket } from "../realtime/socket.js";
import { Advice } from "./advice.js";
import { around } from "./around.js";
import { Feed } from "./feed.js";
import { lay, seriesOf } from "./figures.js";
import { Panel } from "./panel.js";
import { Trouble } from "./trouble.js";

const board = JSON.parse(document.getElementById("page-board").textContent);
const find = (selector) => document.querySelector(selector);
const socket = new Socket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/`);
const trouble = new Trouble(find("#trouble"));
const advice = new Advice(find("#advice"));
let figures = [...document.querySelectorAll("#panels figure.panel")];
let panels = [];
let known = []; // columns

const feed = new Feed(socket, board.key, {
  begun(columns, indices, shown) {
    for (const panel of panels) panel.end();
    known = columns;
    if (shown) figures = lay(find("#panels"), board, shown);
    panels = figures.map((figure, number) => new Panel(figure, seriesOf(columns, indices[number]), board.panels[number], feed));
    find("#waiting").hidden = indices.some((each) => each.length);
    if (shown && !shown.panels.length) find("#waiting").textContent = t("no_panels");
    draw();
  },
  came: () => draw(),
  gone: () => location.assign("/dashboards/"),
});

function draw() {
  trouble.show(feed);
  advice.show(feed, known);
  document.body.toggleAttribute("data-stale", trouble.stale);
  find("#panels").dataset.at = feed.last;
  if (document.visibilityState === "visible") requestAnimationFrame(() => { for (const panel of panels) panel.draw(); });
}

around(socket);
feed.start();
setInterval(draw, 1_000); // the axis goes on, whatever comes
socket.start();
