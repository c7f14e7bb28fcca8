// The first steps in a new workspace, above the conversation of the first room. Their page stands in for them without
// scripts; here its forms are sent in place.
import { fetchPage, postPage } from "../myweb/api.js";
import { createElement, findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { config } from "./page.js";
import { onRoomChange, roomPage } from "./room_page.js";

const CHECK_PAUSE = 1000; // ms
const MAX_CHECKS = 20; // for the first result of a check

class FirstSteps {
  place = createElement("div", "first-steps-place");
  checks = 0;
  ended = false; // shown for the last time
  closed = false;

  constructor() {
    const timeline = findElement(document, ".timeline__page", HTMLElement);
    timeline.prepend(this.place);
    this.scroller = /** @type {HTMLElement} */ (timeline.parentElement);
    this.place.addEventListener("submit", (event) => this.submit(event));
    this.place.addEventListener("click", (event) => this.onClick(event));
    onRoomChange((room) => this.enter(room));
  }

  /** @param {number | null} room */
  async enter(room) {
    const shown = room === config.first_steps && !this.ended;
    if (!shown) return this.place.replaceChildren();
    await this.load();
    this.showBeginning();
  }

  async load() {
    try {
      const response = await fetchPage(urls.firstSteps);
      if (response.ok) this.put(await response.text());
    } catch { /* the room goes on without them */ }
  }

  /** @param {string} text of their page */
  put(text) {
    if (roomPage.room !== config.first_steps || this.closed) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    const section = page.querySelector("#first-steps:has(.step)");
    this.ended = !section || section.querySelector("[data-close]") !== null;
    if (!section) return this.place.replaceChildren();
    const focused = this.place.contains(document.activeElement);
    for (const [from, to] of [["h2", "h3"], ["h1", "h2"]]) lowerHeadings(section, from, to);
    for (const button of section.querySelectorAll("[data-copy]")) button.removeAttribute("hidden");
    this.place.replaceChildren(document.adoptNode(section));
    if (focused) this.focusResult();
    this.awaitResult();
  }

  /** The field that is wrong, else the heading. */
  focusResult() {
    const wrong = /** @type {HTMLElement | null} */ (this.place.querySelector("[aria-invalid=true]"));
    const target = wrong ?? findElement(this.place, "h2", HTMLElement);
    if (!wrong) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

  /** A check has its first result within seconds. */
  awaitResult() {
    if (!this.place.querySelector("[data-waiting]") || (this.checks += 1) > MAX_CHECKS) return;
    setTimeout(() => { if (this.place.querySelector("[data-waiting]")) this.load(); }, CHECK_PAUSE);
  }

  /** Of a room without messages; otherwise the reader is at the end of the conversation. */
  showBeginning() {
    const empty = !this.scroller.querySelector("article");
    requestAnimationFrame(() => requestAnimationFrame(() => { if (empty) this.scroller.scrollTop = 0; }));
  }

  /** @param {any} event */
  async submit(event) {
    event.preventDefault();
    const { target: form, submitter } = event;
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    this.checks = 0;
    try {
      const response = await postPage(form.action, new FormData(form, submitter));
      this.put(await response.text());
    } catch (error) {
      roomPage.showToast(/** @type {any} */ (error).text || t("not_now"));
    }
    form.ariaBusy = "false";
  }

  /** @param {any} event */
  onClick(event) {
    const copy = event.target.closest("[data-copy]");
    if (copy) return void copyLink(copy);
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    event.stopPropagation();
    this.closed = true;
    this.place.replaceChildren();
  }
}

/**
 * The page's h1 is the name of the room.
 * @param {Element} section
 * @param {string} from
 * @param {string} to
 */
function lowerHeadings(section, from, to) {
  for (const heading of section.querySelectorAll(from)) {
    const lower = document.createElement(to);
    lower.id = heading.id;
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
}

/** @param {HTMLButtonElement} button */
async function copyLink(button) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById(button.dataset.copy ?? ""));
  field.select();
  await navigator.clipboard?.writeText(field.value).then(() => roomPage.showToast(button.dataset.copied ?? ""));
}

if (config.first_steps) new FirstSteps();
