// Entry point of the room page. It creates the components and moves between rooms without a reload.
import { findElement, getElement } from "../myweb/elements.js";
import { ActionBar } from "./action_bar.js";
import { startCommandHelp } from "./command_help.js";
import { setCardHost } from "./cards.js";
import { Composer } from "./composer.js";
import { startLinkedMessages } from "./linked_messages.js";
import { startFiles } from "./message_files.js";
import { MessageActions } from "./message_actions.js";
import { copyRoom } from "./offline_copies.js";
import { setCurrentRoom, startPlugins } from "./room_page.js";
import { config, me, updateMe } from "./page.js";
import { readBlock, t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { offlinePage } from "../myweb/offline_store.js";
import { parseRoomUrl, urls } from "../myweb/urls.js";
import { isRoomAway, setRoomPage, visit } from "./navigation.js";
import { closeDrawers, setAlone } from "./panels.js";
import { RoomMembers } from "./room_members.js";
import { Presence } from "./presence.js";
import { RecipientStrip } from "./recipient_strip.js";
import { ReadTracker } from "./read_tracker.js";
import { Room } from "./room.js";
import { offerNotifications } from "./notification_permission.js";
import { RoomMenu } from "./room_menu.js";
import {
  connectionState,
  offlineCopies,
  outbox,
  outboxLoaded,
  setPageActions,
  setPageName,
  sidebar,
  socket,
  submitDirect,
  uploads,
} from "./shell.js";
import { SlashCommands } from "./slash_commands.js";
import { formatRoomTitle } from "./sidebar.js";
import { Timeline } from "./timeline.js";
import { TypingLine } from "./typing.js";

/** @typedef {{ rev: number | null, epoch: string }} RoomPosition */

const MAX_KEPT = 8; // rooms kept in memory, so that a return resumes their stream
const timeline = new Timeline(findElement(document, ".timeline", HTMLElement), outbox);
const composer = new Composer(findElement(document, ".composer", HTMLElement), socket, uploads);
const people = new RoomMembers(findElement(document, "aside.people", HTMLElement), socket);
const presence = new Presence(socket);
const typing = new TypingLine(getElement("typing", HTMLElement));
const actions = new MessageActions(socket, composer, outbox);
const recipientStrip = new RecipientStrip(findElement(document, ".strip--recipient", HTMLElement), actions);
const slashes = new SlashCommands(socket, composer, (text) => actions.showToast(text));
/** @type {Map<number, { room: Room, follow: RoomPosition }>} */
const keptRooms = new Map(); // with how far they are known
/** @type {Room} */
let room = /** @type {any} */ (null); // set by startApp()
/** @type {Follow} */
let follow = /** @type {any} */ (null);
/** @type {{ scroll: number } | null} */
let returns = null; // while another page is shown

const otherMembers = (of = room) => of.currentMembers.filter(({ id }) => id !== me.id);
const roomTitle = (of = room) =>
  of.state.kind === "direct"
    ? formatRoomTitle(sidebar.getLine(of.id) ?? { id: of.id, people: otherMembers(of) })
    : (of.state.name ?? "");

function paintHeader() {
  if (isRoomAway()) return;
  const { kind, description, archived } = room.state;
  findElement(document, ".bar__title", HTMLElement).textContent = roomTitle();
  const icon =
    kind === "direct" ? (otherMembers().length > 1 ? "people" : "person") : kind === "private" ? "lock" : "hash";
  findElement(document, ".bar__sign", HTMLElement).replaceChildren(createIcon(icon));
  findElement(document, ".bar__topic", HTMLElement).textContent = description ?? "";
  findElement(document, ".bar__archived", HTMLElement).hidden = !archived;
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("[data-room-settings]")))
    link.href = urls.settings(room.id);
  timeline.list.setAttribute("aria-label", t("conversation", { room: roomTitle() }));
  composer.show(room, kind === "open" ? `#${roomTitle()}` : roomTitle());
  setPageName(roomTitle());
  paintStar();
  paintPeople();
}

const listStars = () => document.querySelectorAll("[data-star]"); // in the bar, and in the menu of a phone

function paintStar() {
  if (isRoomAway()) return;
  const isFavourite = Boolean(sidebar.getLine(room.id)?.favourite);
  for (const star of listStars()) {
    if (star.ariaPressed === String(isFavourite)) continue;
    star.ariaPressed = String(isFavourite);
    findElement(star, ".icon", SVGElement).replaceWith(createIcon(isFavourite ? "starred" : "star"));
  }
}

function paintPeople() {
  if (!room?.loaded || isRoomAway()) return;
  people.update(room, presence);
  const { count, known } = presence.getState(room.id);
  findElement(document, ".bar__count", HTMLElement).textContent = known
    ? String(count)
    : room.state.large ? "" : String(room.currentMembers.length);
}

/** @param {{ rev?: number | null, epoch?: string }} position */
function followRoom({ rev = null, epoch = "" } = {}) {
  const mine = room;
  follow = socket.follow(
    `room.${room.id}`,
    {
      snapshot: (snapshot) => {
        mine.snapshot(snapshot);
        offlineCopies.note();
      },
      event: (event) => {
        mine.apply(event);
        offlineCopies.note();
        if (event.type === "message.created") onMessage(mine, event.data);
        recipientStrip.onEvent(mine, event);
      },
      refused: () => onRoomGone(mine.id),
    },
    { log: true, after: rev, epoch },
  );
}

/**
 * @param {Room} where
 * @param {MessageState} message
 */
function onMessage(where, { author, mentions }) {
  typing.removeTyping(author);
  if (author !== me.id && mentions?.includes(me.id)) offerNotifications(where.getMember(author).name);
}

function leaveRoom() {
  follow.close();
  room.showTail();
  keptRooms.set(room.id, { room, follow });
  if (keptRooms.size > MAX_KEPT) {
    const [oldest] = keptRooms.keys();
    keptRooms.delete(oldest);
  }
}

const followPresence = () => presence.followRooms(new Set([room.id, ...sidebar.directsWithPresence]));

/** The room can be read without a network; one that was opened without it says of when it is. */
function watchForCopies() {
  const [mine, position] = [room, follow];
  connectionState.setStoredAt(offlinePage.rooms.get(mine.id)?.at ?? null);
  offlineCopies.watch(() => {
    if (!mine.loaded) return null;
    return {
      key: `room.${mine.id}`,
      kind: "room",
      path: urls.room(mine.id),
      title: roomTitle(mine),
      ...copyRoom(mine, position),
    };
  });
}

/**
 * The server opens the site at the room that was read last.
 * @param {number} id
 */
function rememberRoom(id) {
  try {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `room=${id}; path=/; max-age=5184000; samesite=lax${secure}`;
  } catch { /* a sandboxed page may have none */ }
}

/**
 * Show a room; the address has been changed already.
 * @param {number} id
 * @param {number | null} at
 * @returns {Promise<void>}
 */
async function enterRoom(id, at) {
  if (returns) return returnToRoom(id, at);
  if (room?.id === id) return void (at ? timeline.showMessage(at) : timeline.jumpToEnd());
  reading.flush();
  if (room) leaveRoom();
  const line = sidebar.getLine(id);
  const old = keptRooms.get(id);
  keptRooms.delete(id);
  room = old?.room ?? new Room(id);
  if (!room.loaded) room.state = { ...room.state, kind: line?.kind ?? "", name: line?.name ?? "" };
  followRoom(old?.follow);
  await showRoom(line, at);
}

/** Another page comes in place of the room, which goes on: it is as it was when the reader returns. */
function leaveForPage() {
  reading.flush();
  offlineCopies.watch(null);
  returns = { scroll: timeline.scroller.box.scrollTop };
  sidebar.setCurrent(null);
  setCurrentRoom(0);
}

/**
 * @param {number} id
 * @param {number | null} at
 * @returns {Promise<void> | void}
 */
function returnToRoom(id, at) {
  const { scroll } = /** @type {{ scroll: number }} */ (returns);
  returns = null;
  if (timeline.scroller.pinned) timeline.scroller.scrollToEnd();
  else timeline.scroller.box.scrollTop = scroll;
  if (room.id !== id) return enterRoom(id, at);
  rememberRoom(id);
  sidebar.setCurrent(id);
  setCurrentRoom(id);
  watchForCopies();
  paintHeader();
  timeline.update();
  if (at) timeline.showMessage(at);
  else composer.focusBox();
}

/**
 * @param {MyRoom | undefined} line
 * @param {number | null} at
 */
async function showRoom(line, at) {
  rememberRoom(room.id);
  setCurrentRoom(room.id);
  menu.paint();
  typing.setRoom(room);
  recipientStrip.setRoom(room);
  sidebar.setCurrent(room.id);
  followPresence();
  watchForCopies();
  await timeline.showRoom(room, { fresh: line?.unread ? (line.last_read ?? 0) : null, at });
  paintHeader();
  if (at && !timeline.rows.size) timeline.addEventListener("room", () => timeline.showMessage(at), { once: true });
  else if (!at) composer.focusBox();
}

/**
 * @param {number} id
 * @param {number | null} at
 */
function goToRoom(id, at = null) {
  closeDrawers();
  if (room.id !== id || at || isRoomAway()) visit(urls.room(id, at));
  else enterRoom(id, at);
}

/**
 * The room is no longer mine to see.
 * @param {number} id
 */
function onRoomGone(id) {
  keptRooms.delete(id);
  if (room.id !== id || isRoomAway()) return;
  actions.showToast(t("room_gone"));
  const next = sidebar.order.find((line) => line.id !== id);
  if (!next) return location.assign(urls.rooms);
  history.replaceState(null, "", urls.room(next.id));
  enterRoom(next.id, null).then(() => keptRooms.delete(id));
}

/** @param {number} person */
function openDirect(person) {
  const line = sidebar.order.find(
    ({ kind, people: with_ }) => kind === "direct" && with_?.length === 1 && with_[0].id === person,
  );
  if (line) return goToRoom(line.id);
  submitDirect(person);
}

/** @param {number} by */
function stepRoom(by) {
  const { order } = sidebar;
  const next = order[(order.findIndex(({ id }) => id === room.id) + by + order.length) % order.length];
  if (next) goToRoom(next.id);
}

/** At once in this tab; the server tells the others. */
function toggleFavourite() {
  const { id } = room;
  const favourite = !sidebar.getLine(id)?.favourite;
  sidebar.change(id, { favourite });
  socket.send("room.favourite", { room: id, on: favourite }).catch((error) => {
    sidebar.change(id, { favourite: !favourite });
    actions.showToast(error.text || t(socket.ready ? "not_now" : "not_now_offline"));
  });
}

/**
 * Without a request. A page that was opened without a network has only what is stored.
 * @param {number} id
 */
const canEnter = (id) => Boolean(sidebar.getLine(id)) && (!offlinePage.isOpen || offlinePage.rooms.has(id));

const reading = new ReadTracker(socket, timeline, sidebar);
const menu = new RoomMenu(socket, sidebar, () => room?.id ?? 0, (text) => actions.showToast(text));

function markRead() {
  timeline.markFresh(null);
  timeline.jumpToEnd();
  reading.markRead(room.id, room.tail.last);
}

function connectParts() {
  setCardHost({
    socket,
    showToast: (text) => actions.showToast(text),
    reply: (message) => actions.reply(message),
    redraw: (kind) => timeline.redrawCards(kind),
  });
  startPlugins({ socket, showToast: (text) => actions.showToast(text) });
  startFiles(timeline.list);
  startLinkedMessages((id) => timeline.redrawMessage(id));
  outboxLoaded.then((unsent) => composer.attachments.restore(unsent));
  new ActionBar(timeline, actions);
  actions.deletions.addEventListener("change", ({ detail }) => timeline.redrawMessage(detail));
  timeline.addEventListener("room", paintHeader);
  timeline.addEventListener("room", () => recipientStrip.setRoom(room));
  timeline.addEventListener("members", () => {
    updateMe(room.members.get(me.id));
    paintHeader();
    recipientStrip.setRoom(room);
  });
  composer.addEventListener("post", ({ detail }) => {
    timeline.markFresh(null);
    outbox.post(room.id, detail.body, detail.reply, detail.files);
    timeline.jumpToEnd();
  });
  startCommandHelp((text) => composer.insertText(text));
  composer.addEventListener("slash", ({ detail }) => slashes.run(room.id, detail.text));
  timeline.addEventListener("seen", () => composer.replyBar.room === room && composer.replyBar.redraw());
  outbox.addEventListener(
    "refused",
    ({ detail }) => detail.room !== room.id && actions.showToast(`${t("not_sent")} ${detail.text}`),
  );
  composer.addEventListener("typing", () => socket.send("typing", { room: room.id }).catch(() => {}));
  composer.addEventListener("edit-last", () => actions.editLast(room));
  composer.addEventListener("save", ({ detail }) => actions.save(detail));
  sidebar.presence = presence;
  sidebar.isWatching = (id) =>
    reading.isLooking && timeline.room?.id === id && timeline.scroller.pinned && timeline.showsEnd;
  sidebar.addEventListener("change", followPresence);
  sidebar.addEventListener("change", paintStar);
  for (const star of listStars()) star.addEventListener("click", toggleFavourite);
  sidebar.addEventListener("gone", ({ detail }) => onRoomGone(detail));
  people.addEventListener("write", ({ detail }) => openDirect(detail));
  timeline.addEventListener("room", () => setAlone(room.id, room.isLonely));
  presence.addEventListener("presence", ({ detail }) => {
    if (detail.room === room.id) {
      room.addMembers(detail.members);
      paintPeople();
    }
    sidebar.redraw();
  });
  presence.addEventListener("typing", ({ detail }) => {
    if (detail.room !== room.id) return;
    room.addMembers(detail.members);
    typing.addTyping(detail.user, detail.seconds);
  });
  setRoomPage({ knows: canEnter, enter: enterRoom, leave: leaveForPage });
  setPageActions({ goToRoom, openDirect, stepRoom, markRead, toggleFavourite });
}

function keepStoredRooms() {
  for (const { id, rev, epoch, snapshot } of offlinePage.rooms.values()) {
    if (id === room.id) continue;
    const other = new Room(id);
    other.snapshot(snapshot);
    keptRooms.set(id, { room: other, follow: { rev, epoch } });
  }
}

function startApp() {
  /** @type {RoomSnapshot} */
  const snapshot = readBlock("page-room");
  room = new Room(snapshot.room.id);
  room.snapshot(snapshot);
  keepStoredRooms();
  setAlone(room.id, room.isLonely);
  connectParts();
  followRoom({ rev: readBlock("page-room-head"), epoch: config.epoch });
  outbox.store.isPersistent.then((lasting) => { connectionState.unstored = !lasting; });
  showRoom(sidebar.getLine(room.id), parseRoomUrl(location.href)?.at ?? null);
}

startApp();
