// A dashboard beside the conversation: the button, the choice, and what is docked where. docked.js draws; it is loaded
// when it is wanted.
import { onRoom, roomPage } from "../chat/plugins.js";
import { onKeydown } from "../chat/keyboard.js";
import { cloneTemplate } from "../chat/page.js";
import { addStrings, t } from "../myweb/i18n.js";
import { placeOf } from "../myweb/urls.js";
import { beside } from "../chat/panels.js";
import { local } from "../chat/storage.js";
import { Chooser } from "./dock-chooser.js";

addStrings("board-strings");
const { place } = beside;
const button = cloneTemplate("dock-button");
const chooser = new Chooser((key) => choose(key));
let room = null; // the one that is on the page
let docked = null; // what stands at the side
let turn = 0; // grows with each choice: what loads for an earlier one is not shown

const kept = (id) => local.getJson(`dock.${id}`) ?? { key: null, open: false };
const keep = (id, what) => local.setJson(`dock.${id}`, { ...kept(id), ...what });

async function show(key) {
  const mine = (turn += 1);
  if (docked?.key === key) return beside.show(true);
  clear();
  beside.show(true);
  try {
    const { dock } = await import("./docked.js");
    const made = await dock(key);
    if (mine !== turn) return;
    docked = made;
    const chooseOther = (from) => chooser.open(room, key, from);
    docked.begin(place, { socket: roomPage.socket, close: undock, choose: chooseOther, gone });
  } catch (error) {
    if (mine === turn) fail(error);
  }
}

/** Nothing at the side follows anything. */
function clear() {
  docked?.end();
  docked = null;
  place.replaceChildren();
}

function hide() {
  turn += 1;
  clear();
  beside.show(false);
}

function gone() {
  keep(room, { key: null, open: false });
  hide();
  roomPage.say(t("dock_gone"));
}

function fail(error) {
  if (error.status === 404) return gone();
  hide();
  roomPage.say(t("not_now"));
}

function choose(key) {
  keep(room, { key, open: true });
  show(key);
}

function undock() {
  keep(room, { open: false });
  hide();
  button.focus();
}

function toggle() {
  const { key } = kept(room);
  if (beside.shown) undock();
  else if (key) choose(key);
  else chooser.open(room, key, button);
}

/** What was docked in this room; over a conversation it lies only when it is asked for. */
function settle() {
  const { key, open } = kept(room);
  if (key && open && !beside.overlays) show(key);
  else hide();
}

/** Of an address with ?dock=. */
const wanted = (address) => new URL(address, location.href).searchParams.get("dock");

function arrive() {
  const key = wanted(location.href);
  if (!key) return settle();
  const url = new URL(location.href);
  url.searchParams.delete("dock");
  history.replaceState(history.state, "", url);
  choose(key);
}

/** A link to a room with a dashboard beside it; the page itself goes to the room. */
function follow(event) {
  const link = event.target.closest("a[href]");
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const to = link && plain && placeOf(link.href);
  const key = to && wanted(link.href);
  if (!key) return;
  keep(to.id, { key, open: true });
  if (to.id === room || beside.overlays) queueMicrotask(() => to.id === room && show(key));
}

place.setAttribute("aria-label", button.getAttribute("aria-label"));
place.addEventListener("shown", ({ detail: shown }) => {
  button.setAttribute("aria-expanded", String(shown));
  if (shown) return;
  turn += 1;
  if (docked && !beside.overlays) keep(room, { open: false }); // the people came in its place
  clear();
});
place.addEventListener("fit", settle);
onKeydown(place, (event) => {
  if (event.key !== "Escape" || event.target.closest("[data-pointed]")) return;
  event.stopPropagation();
  undock();
}, true);
button.addEventListener("click", toggle);
document.getElementById("bar-plugins").append(button);
document.addEventListener("click", follow, true);
onRoom((id) => {
  const first = room === null;
  room = id;
  (first ? arrive : settle)();
});
