// Emoji to choose from, beside a button: search, those used last, and groups. One for the whole page.
import { getJson } from "../myweb/api.js";
import { createElement, findElement, getElement } from "../myweb/elements.js";
import { language, t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { emoji as fewEmoji } from "./emoji.js";
import { onKeydown } from "../myweb/keyboard.js";
import { moveInToolbar } from "../myweb/toolbar.js";
import { me } from "./page.js";
import { rankMatches } from "./name_matching.js";
import { local } from "./storage.js";

/** @typedef {[sign: string, name: string, others: string]} Emoji */
/** @typedef {[name: string, emoji: Emoji[]]} EmojiGroup */

const RECENT_KEY = `emoji:${me.id}`;
const MAX_RECENT = 16;
const MAX_FOUND = 64;
const picker = getElement("emoji-picker", HTMLElement);
const search = findElement(picker, "input", HTMLInputElement);
const tabs = findElement(picker, ".picker__tabs", HTMLElement);
const list = findElement(picker, ".picker__list", HTMLElement);
const touchScreen = matchMedia("(pointer: coarse)");

/** @type {EmojiGroup[] | null} */
let groups = null; // loaded with the first opening
/** @type {(emoji: string) => void} */
let onChosen = () => {};
/** @type {any} */
let opener = null;

/**
 * What the page itself knows, until the others have come.
 * @returns {EmojiGroup[]}
 */
const fewGroups = () => [
  ["", fewEmoji.map(([sign, name]) => /** @type {Emoji} */ ([sign, name.replaceAll("_", " "), name]))],
];
/** @returns {string[]} */
const readRecent = () => local.getJson(RECENT_KEY) ?? [];

/** @param {string} sign */
function rememberRecent(sign) {
  local.setJson(RECENT_KEY, [sign, ...readRecent().filter((other) => other !== sign)].slice(0, MAX_RECENT));
}

async function loadGroups() {
  if (groups) return;
  groups = await getJson(urls.emoji(language)).catch(() => null);
  if (groups && picker.matches(":popover-open")) draw();
}

/** @param {Emoji} emoji */
function createButton([sign, name]) {
  const button = createElement("button", "picker__emoji", sign);
  Object.assign(button, { type: "button", title: name, tabIndex: -1 });
  button.setAttribute("aria-label", name);
  return button;
}

/**
 * @param {string} name
 * @param {Emoji[]} emoji
 */
function createGroup(name, emoji) {
  const group = createElement("div", "picker__group", ...emoji.map(createButton));
  group.setAttribute("role", "group");
  if (!name) return [group];
  group.setAttribute("aria-label", name);
  const heading = createElement("p", "picker__name", name);
  heading.setAttribute("aria-hidden", "true");
  return [heading, group];
}

/** @returns {EmojiGroup[]} those used last first */
function listGroups() {
  const known = groups ?? fewGroups();
  const all = known.flatMap(([, emoji]) => emoji);
  const recent = readRecent().flatMap((sign) => all.filter(([other]) => other === sign));
  return recent.length ? [[t("emoji_recent"), recent], ...known] : known;
}

function draw() {
  const focused = list.contains(document.activeElement);
  const words = search.value.trim();
  tabs.hidden = Boolean(words) || !groups;
  list.scrollTop = 0;
  if (words) drawFound(words);
  else drawGroups();
  const first = list.querySelector("button");
  if (first) first.tabIndex = 0;
  if (focused) (first ?? search).focus();
}

/** @param {string} words */
function drawFound(words) {
  const all = (groups ?? fewGroups()).flatMap(([, emoji]) => emoji);
  const found = rankMatches(all, words, ([sign, name, others]) => [name, sign, ...others.split(" "), others]);
  list.replaceChildren(
    ...found.length
      ? createGroup("", found.slice(0, MAX_FOUND))
      : [createElement("p", "picker__none", t("emoji_none", { text: words }))],
  );
}

function drawGroups() {
  const shown = listGroups();
  list.replaceChildren(...shown.flatMap(([name, emoji]) => createGroup(name, emoji)));
  tabs.replaceChildren(...shown.map(([name, [[sign]]], index) => {
    const tab = createButton([sign, name, ""]);
    tab.className = "picker__tab";
    tab.tabIndex = index ? -1 : 0;
    tab.addEventListener("click", () => {
      const group = list.querySelectorAll(".picker__group")[index];
      list.scrollTop = group.offsetTop - (group.previousElementSibling?.clientHeight ?? 0);
    });
    return tab;
  }));
}

/** @param {Element} anchor */
function positionPicker(anchor) {
  const place = anchor.getBoundingClientRect();
  const size = picker.getBoundingClientRect();
  const above = place.top - size.height - 6;
  picker.style.top = `${Math.max(8, above > 8 ? above : Math.min(place.bottom + 6, innerHeight - size.height - 8))}px`;
  picker.style.left = `${Math.max(8, Math.min(place.right - size.width, innerWidth - size.width - 8))}px`;
}

/**
 * @param {any} anchor
 * @param {(emoji: string) => void} then
 */
export function openEmojiPicker(anchor, then) {
  onChosen = then;
  opener = anchor;
  opener.setAttribute("aria-expanded", "true");
  search.value = "";
  picker.showPopover();
  draw();
  positionPicker(anchor);
  if (touchScreen.matches) list.querySelector("button")?.focus({ preventScroll: true }); // without the keyboard
  else search.focus();
  loadGroups();
}

/** @param {HTMLElement} button */
function choose(button) {
  const sign = button.textContent;
  rememberRecent(sign);
  picker.hidePopover();
  onChosen(sign);
}

/**
 * The button that an arrow leads to. Rows have the length that the screen gives them.
 * @param {KeyboardEvent} event
 */
function findNext(event) {
  const buttons = [...list.querySelectorAll("button")];
  const here = buttons.findIndex((button) => button === document.activeElement);
  if (here < 0) return event.key === "ArrowDown" ? buttons[0] : null;
  if (event.key === "ArrowRight" || event.key === "ArrowLeft")
    return buttons[here + (event.key === "ArrowRight" ? 1 : -1)];
  const { offsetTop, offsetLeft } = buttons[here];
  const down = event.key === "ArrowDown";
  const beyond = down
    ? buttons.slice(here).filter((button) => button.offsetTop > offsetTop)
    : buttons.slice(0, here).filter((button) => button.offsetTop < offsetTop).reverse();
  const row = beyond.filter((button) => button.offsetTop === beyond[0].offsetTop);
  return row.find((button) => button.offsetLeft === offsetLeft) ?? row.at(-1) ?? (down ? null : search);
}

search.addEventListener("input", draw);
list.addEventListener("click", (event) => {
  const button = event.target?.closest("button");
  if (button) choose(button);
});

onKeydown(picker, (event) => {
  const active = /** @type {Element} */ (document.activeElement);
  const inTabs = tabs.contains(active);
  if (event.key === "Enter" && active === search) {
    event.preventDefault();
    const first = list.querySelector("button");
    if (search.value.trim() && first) choose(first);
  } else if (inTabs && moveInToolbar(tabs, event)) event.preventDefault();
  else if (/^Arrow/.test(event.key) && !(active === search && /Left|Right/.test(event.key))) {
    const next = findNext(event);
    event.preventDefault();
    for (const button of list.querySelectorAll("button[tabindex='0']")) button.tabIndex = -1;
    if (next instanceof HTMLButtonElement) next.tabIndex = 0;
    next?.focus();
  }
});

picker.addEventListener("toggle", (/** @type {any} */ event) => {
  if (event.newState !== "closed") return;
  opener?.removeAttribute("aria-expanded");
  if (document.activeElement === document.body) opener?.focus();
});
