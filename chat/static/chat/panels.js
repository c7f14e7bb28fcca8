// The parts at the sides: drawers on narrow screens, columns on wide ones.
import { getElement } from "../myweb/elements.js";
import { onKeydown } from "../myweb/keyboard.js";
import { local } from "./storage.js";
const narrow = matchMedia("(max-width: 720px)");
const middle = matchMedia("(max-width: 1080px)");
const { body } = document;
const backdrop = getElement("backdrop", HTMLElement);
const rooms = getElement("rooms", HTMLElement);
/** @type {HTMLElement | null} */
let people = null; // of the view; see bindPanels()
/** @type {HTMLElement | null} */
let sidePlace = null; // for another app; it and the people exclude each other
const view = getElement("view", HTMLElement);
const listRoomButtons = () => document.querySelectorAll("[data-toggles=rooms]");
const findPeopleButton = () => view.querySelector("[data-toggles=people]");

function updatePanels() {
  const shown = {
    people: "people" in body.dataset,
    sidePanel: sidePanel.shown,
    rooms: body.dataset.drawer === "rooms",
  };
  findPeopleButton()?.setAttribute("aria-expanded", String(shown.people));
  for (const button of listRoomButtons()) button.setAttribute("aria-expanded", String(shown.rooms));
  if (people) people.inert = !shown.people;
  if (sidePlace) sidePlace.inert = !shown.sidePanel;
  rooms.inert = narrow.matches && !shown.rooms;
  backdrop.hidden = !(shown.rooms || (middle.matches && (shown.people || shown.sidePanel)));
}

/** @param {boolean} shown */
function showPeople(shown, remember = true) {
  body.toggleAttribute("data-people", shown);
  if (remember && !middle.matches) local.set("people", shown ? "shown" : "hidden");
  if (shown) sidePanel.show(false);
  updatePanels();
  people?.dispatchEvent(new Event("shown"));
}

let alone = { room: 0, is: false };
/**
 * Who is alone in a room sees no list of people, unless they opened it. Somebody who joins later does not open it.
 * @param {number} room
 * @param {boolean} is
 */
export function setAlone(room, is) {
  if (alone.room === room) return;
  alone = { room, is };
  if (local.get("people") === null && !sidePanel.shown) showPeople(wantsPeople(), false);
}

const wantsPeople = () =>
  Boolean(people) && !middle.matches && (local.get("people") ?? (alone.is ? "hidden" : "shown")) !== "hidden";

/**
 * The place at the side for another app. Its element fires `shown` (whether it is) and `fit` (the screen is another).
 */
export const sidePanel = {
  get shown() { return "sidePanel" in body.dataset; },
  /** Whether it lies over the conversation. */
  get overlays() { return middle.matches; },
  /** @param {boolean} shown */
  show(shown) {
    if (!sidePlace || shown === this.shown) return;
    body.toggleAttribute("data-side-panel", shown);
    if (shown) showPeople(false, false);
    else if (wantsPeople()) showPeople(true, false);
    else updatePanels();
    sidePlace.dispatchEvent(new CustomEvent("shown", { detail: shown }));
  },
};

/** @param {boolean} shown */
function showRooms(shown) {
  if (shown) body.dataset.drawer = "rooms";
  else delete body.dataset.drawer;
  updatePanels();
  if (shown) rooms.querySelector("[aria-current]")?.focus({ preventScroll: true });
}

/** After going somewhere the drawers are done. */
export function closeDrawers() {
  showRooms(false);
  if (!middle.matches) return;
  if (people) showPeople(false, false);
  sidePanel.show(false);
}

function onResize() {
  if (middle.matches) sidePanel.show(false);
  if (!sidePanel.shown) showPeople(wantsPeople(), false);
  sidePlace?.dispatchEvent(new Event("fit"));
}

/** @param {any} event */
function onClick({ target }) {
  const button = target.closest("[data-toggles], [data-closes]");
  if (button?.dataset.toggles === "people") showPeople(!("people" in body.dataset));
  else if (button?.dataset.toggles === "rooms") showRooms(body.dataset.drawer !== "rooms");
  else if (button?.dataset.closes === "people") {
    showPeople(false);
    findPeopleButton()?.focus();
  }
}

/** The view is another, with or without parts at the side. */
export function bindPanels() {
  people = view.querySelector("aside.people");
  sidePlace = view.querySelector("#side-panel");
  if (!sidePlace) body.removeAttribute("data-side-panel");
  onResize();
}

/** The bar of places goes while somebody types, and comes back after the press that ended it, not under it. */
function followTyping() {
  let isPressed = false;
  const update = () => {
    const isTyping = document.activeElement?.matches("textarea, input:not([type=checkbox], [type=radio])");
    if (!isPressed) body.toggleAttribute("data-typing", Boolean(isTyping));
  };
  const release = () => { isPressed = false; setTimeout(update); };
  document.addEventListener("pointerdown", () => { isPressed = true; });
  for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, release);
  for (const type of ["focusin", "focusout"]) document.addEventListener(type, () => setTimeout(update));
  update();
}

export function startPanels() {
  followTyping();
  document.addEventListener("click", onClick);
  backdrop.addEventListener("click", closeDrawers);
  onKeydown(document, (event) => event.key === "Escape" && !event.shiftKey && !backdrop.hidden && closeDrawers());
  middle.addEventListener("change", onResize);
  narrow.addEventListener("change", updatePanels);
}
