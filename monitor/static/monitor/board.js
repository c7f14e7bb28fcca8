// The page of a dashboard: the house around it, its stream, and the panels that draw what the stream says.
import { badge } from "../chat/badge.js";
import "../chat/connection.js";
import { keys } from "../chat/keys.js";
import { urls } from "../chat/page.js";
import { panels as drawers } from "../chat/panels.js";
import "../chat/sidebar.js";
import { Switcher } from "../chat/switcher.js";
import { Socket } from "../realtime/socket.js";
import { Feed } from "./feed.js";
import { Panel } from "./panel.js";
import { Trouble } from "./trouble.js";

const board = JSON.parse(document.getElementById("page-board").textContent);
const find = (selector) => document.querySelector(selector);
const sidebar = find("chat-sidebar");
const socket = new Socket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/`);
const trouble = new Trouble(find("#trouble"));
const figures = [...document.querySelectorAll(".panel")];
let panels = [];

const feed = new Feed(socket, board.key, {
  begun(columns, indices) {
    for (const panel of panels) panel.end();
    panels = figures.map((figure, number) => new Panel(figure, indices[number].map((index) => ({ ...columns[index], index })), board.panels[number], feed));
    find("#waiting").hidden = indices.some((each) => each.length);
    draw();
  },
  came: () => draw(),
});

function draw() {
  trouble.show(feed);
  document.body.toggleAttribute("data-stale", trouble.stale);
  find("#panels").dataset.at = feed.last;
  if (document.visibilityState === "visible") requestAnimationFrame(() => { for (const panel of panels) panel.draw(); });
}

function house() {
  const go = (id) => location.assign(urls.room(id));
  const write = (person) => { const form = find("#direct-form"); form.elements.people.value = person; form.submit(); };
  const switcher = new Switcher(sidebar, { people: () => [], go, write });
  const step = (by) => { const { order } = sidebar; if (order.length) go(order.at(by > 0 ? 0 : -1).id); };
  const name = document.title.split(" · ")[0];
  const paint = () => {
    badge(sidebar.total, name);
    find("[data-toggles=rooms]").toggleAttribute("data-unread", sidebar.total > 0);
  };
  sidebar.addEventListener("change", paint);
  for (const button of document.querySelectorAll("[data-opens=switcher]")) button.addEventListener("click", () => switcher.open());
  keys({ switcher: () => switcher.open(), step, markRead: () => {} });
  drawers();
  paint();
  socket.follow("me", { snapshot: (snapshot) => sidebar.snapshot(snapshot), event: (event) => sidebar.apply(event) });
  find("connection-state").follow(socket);
}

house();
feed.start();
setInterval(draw, 1_000); // the axis goes on, whatever comes
socket.start();
