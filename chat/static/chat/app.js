// The page's one entry: brings the parts together and moves between rooms without a reload.
import { createSocket } from "../realtime/socket.js";
import { ActionBar } from "./action_bar.js";
import { badge } from "./badge.js";
import { setHost } from "./cards.js";
import { Composer } from "./composer.js";
import { ConnectionState } from "./connection.js";
import { MessageActions } from "./message_actions.js";
import { setRoom, startPlugins } from "./plugins.js";
import { keys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { config, firstHead, firstRoom, me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { icon } from "../myweb/icons.js";
import { placeOf, urls } from "../myweb/urls.js";
import { closeDrawers, panels } from "./panels.js";
import { People } from "./people.js";
import { Presence } from "./presence.js";
import { Reading } from "./reading.js";
import { Room } from "./room.js";
import { Slashes } from "./slashes.js";
import { Sidebar, title } from "./sidebar.js";
import { Switcher } from "./switcher.js";
import { Timeline } from "./timeline.js";
import { TypingLine } from "./typing.js";

const KEPT = 8; // rooms left lately, held so that coming back resumes instead of starting over
const find = (selector) => document.querySelector(selector);
const socket = createSocket({ user: me.id });
const outbox = new Outbox(socket, me.id);
const timeline = new Timeline(find(".timeline"), outbox);
const composer = new Composer(find(".composer"));
const sidebar = new Sidebar(find("#rooms"));
const people = new People(find("aside.people"));
const presence = new Presence(socket);
const typing = new TypingLine(document.getElementById("typing"));
const actions = new MessageActions(socket, composer, outbox);
const slashes = new Slashes(socket, composer, (text) => actions.say(text));
const kept = new Map(); // id -> {room, follow}
let [room, follow] = [null, null];

const roomTitle = () =>
  room.state.kind === "direct" ? title(sidebar.line(room.id) ?? { people: others() }) : room.state.name;
const others = () => room.present.filter(({ id }) => id !== me.id);

function paintHeader() {
  const { kind, description, archived } = room.state;
  find(".bar__title").textContent = roomTitle();
  find(".bar__sign").replaceChildren(
    icon({ direct: others().length > 1 ? "people" : "person", private: "lock" }[kind] ?? "hash"),
  );
  find(".bar__topic").textContent = description ?? "";
  find(".bar__archived").hidden = !archived;
  find(".bar__settings").href = urls.settings(room.id);
  timeline.list.setAttribute("aria-label", t("conversation", { room: roomTitle() }));
  composer.show(room, kind === "direct" || kind === "" ? roomTitle() : `#${roomTitle()}`);
  paintBadge();
  paintPeople();
}

function paintBadge() {
  badge(sidebar.total, roomTitle());
  find("[data-toggles=rooms]").toggleAttribute("data-unread", sidebar.total - (sidebar.line(room.id)?.unread ?? 0) > 0);
}

function paintPeople() {
  if (!room?.loaded) return;
  people.show(room, presence);
  const { count, known } = presence.of(room.id);
  find(".bar__count").textContent = known ? count : room.present.length;
}

function followRoom({ rev = null, epoch = "" } = {}) {
  const mine = room;
  follow = socket.follow(`room.${room.id}`, {
    snapshot: (snapshot) => mine.snapshot(snapshot),
    event: (event) => { mine.apply(event); if (event.type === "message.created") typing.stopped(event.data.author); },
    refused: () => left(mine.id),
  }, { log: true, after: rev, epoch });
}

function leave() {
  follow.close();
  room.lookAtTail();
  kept.set(room.id, { room, follow });
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
}

const wantPresence = () => presence.want(new Set([room.id, ...sidebar.watchedDirects]));

/** The server opens the site at the room that was read last. */
function remember(id) {
  try {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `room=${id}; path=/; max-age=5184000; samesite=lax${secure}`;
  } catch { /* a sandboxed page may have none */ }
}

/** Show a room; the address has been changed already. */
async function enter(id, at) {
  if (room?.id === id) return at ? timeline.goTo(at) : timeline.jump();
  reading.leave();
  if (room) leave();
  const line = sidebar.line(id);
  const old = kept.get(id);
  kept.delete(id);
  room = old?.room ?? new Room(id);
  if (!room.loaded) room.state = { ...room.state, kind: line?.kind ?? "", name: line?.name ?? "" };
  followRoom(old?.follow);
  await present(line, at);
}

async function present(line, at) {
  remember(room.id);
  setRoom(room.id);
  typing.show(room);
  sidebar.show(room.id);
  wantPresence();
  await timeline.show(room, { fresh: line?.unread ? (line.last_read ?? 0) : null, at });
  paintHeader();
  if (at && !timeline.rows.size) timeline.addEventListener("room", () => timeline.goTo(at), { once: true });
  else if (!at) composer.focusBox();
}

function go(id, at = null) {
  closeDrawers();
  if (room.id !== id || at) history.pushState(null, "", urls.room(id, at));
  enter(id, at);
}

/** The room is no longer mine to see. */
function left(id) {
  kept.delete(id);
  if (room.id !== id) return;
  actions.say(t("room_gone"));
  const next = sidebar.order.find((line) => line.id !== id);
  if (!next) return location.assign(urls.rooms);
  history.replaceState(null, "", urls.room(next.id));
  enter(next.id, null).then(() => kept.delete(id));
}

function write(person) {
  const line = sidebar.order.find(
    ({ kind, people: with_ }) => kind === "direct" && with_?.length === 1 && with_[0].id === person,
  );
  if (line) return go(line.id);
  const form = find("#direct-form");
  form.elements.people.value = person;
  form.submit();
}

function step(by) {
  const { order } = sidebar;
  const next = order[(order.findIndex(({ id }) => id === room.id) + by + order.length) % order.length];
  if (next) go(next.id);
}

const switcher = new Switcher(sidebar, { people: () => room.present, go, write });
const reading = new Reading(socket, timeline, sidebar);

function markRead() {
  timeline.markFresh(null);
  timeline.jump();
  reading.mark(room.id, room.tail.last);
}

function wire() {
  setHost({
    socket,
    say: (text) => actions.say(text),
    reply: (message) => actions.reply(message),
    redraw: (kind) => timeline.redraw(kind),
  });
  startPlugins({ socket, say: (text) => actions.say(text) });
  new ActionBar(timeline, actions);
  timeline.addEventListener("room", paintHeader);
  timeline.addEventListener("members", () => {
    paintHeader();
    presence.refresh(room.id);
  });
  composer.addEventListener("post", ({ detail }) => {
    timeline.markFresh(null);
    outbox.post(room.id, detail.body, detail.reply);
    timeline.jump();
  });
  composer.addEventListener("slash", ({ detail }) => slashes.run(room.id, detail.text));
  timeline.addEventListener("seen", () => composer.answering.room === room && composer.answering.paint());
  outbox.addEventListener(
    "refused",
    ({ detail }) => detail.room !== room.id && actions.say(`${t("not_sent")} ${detail.text}`),
  );
  composer.addEventListener("typing", () => socket.send("typing", { room: room.id }).catch(() => {}));
  composer.addEventListener("edit-last", () => actions.editLast(room));
  composer.addEventListener("save", ({ detail }) => actions.save(detail));
  sidebar.presence = presence;
  sidebar.watching = (id) =>
    reading.looking && timeline.room?.id === id && timeline.scroller.pinned && timeline.showsEnd;
  sidebar.addEventListener("change", () => {
    wantPresence();
    paintBadge();
  });
  sidebar.addEventListener("gone", ({ detail }) => left(detail));
  people.addEventListener("write", ({ detail }) => write(detail));
  presence.addEventListener("presence", ({ detail }) => (detail.room === room.id && paintPeople(), sidebar.draw()));
  presence.addEventListener(
    "typing",
    ({ detail }) => detail.room === room.id && typing.typed(detail.user, detail.seconds),
  );
  for (const button of document.querySelectorAll("[data-opens=switcher]"))
    button.addEventListener("click", () => switcher.open());
  document.addEventListener("click", followLink);
  addEventListener("popstate", () => { const place = placeOf(location.href); if (place) enter(place.id, place.at); });
  keys({ switcher: () => switcher.open(), step, markRead });
}

function followLink(event) {
  const link = event.target.closest("a[href]");
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const within = link?.getAttribute("href").startsWith("#");
  const place = link && !within && plain && !event.defaultPrevented && placeOf(link.href);
  if (!place || !sidebar.line(place.id)) return;
  event.preventDefault();
  go(place.id, place.at);
}

function begin() {
  room = new Room(firstRoom.room.id);
  room.snapshot(firstRoom);
  panels();
  wire();
  followRoom({ rev: firstHead, epoch: config.epoch });
  socket.follow("me", { snapshot: (snapshot) => sidebar.snapshot(snapshot), event: (event) => sidebar.apply(event) });
  const connectionState = new ConnectionState(find("#connection"), socket);
  outbox.store.lasting.then((lasting) => { connectionState.unstored = !lasting; });
  present(sidebar.line(room.id), config.at ?? null);
  socket.start();
  outbox.load();
}

begin();
