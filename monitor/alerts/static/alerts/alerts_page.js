// The list of alerts and, on wide screens, the panel beside it. The server makes both; they follow by themselves.
import { onKeydown } from "../myweb/keyboard.js";
import { sidePanel } from "../chat/panels.js";
import { getDocument } from "../myweb/api.js";
import { createElement, findElement, getElement } from "../myweb/elements.js";
import { createIcon } from "../myweb/icons.js";
import { t } from "../myweb/i18n.js";
import { paintTimes } from "../myweb/time.js";
import { onView } from "../myweb/view.js";
import {
  REFRESH_INTERVAL,
  dressAlert,
  loadAlert,
  onAlertKeys,
  openSilence,
  refreshAlert,
  sendForm,
} from "./alert_panel.js";

const narrow = matchMedia("(max-width: 720px)"); // the panel is a page there
const TITLE = ".alert-row__title";

class AlertsPage {
  /** @type {string | null} */
  shown = null; // the alert in the panel
  isFiltered = false; // the list is another one now, wherever the pointer and the focus are

  /**
   * @param {HTMLElement} list
   * @param {AbortSignal} signal
   */
  constructor(list, signal) {
    this.list = list;
    this.aside = getElement("side-panel", HTMLElement);
    this.signal = signal;
    this.list.addEventListener("click", (event) => this.onClick(event), { signal });
    onKeydown(this.list, (event) => this.onListKey(event), { signal });
    onKeydown(document, (event) => this.onEscape(event), { signal });
    for (const place of [this.list, this.aside])
      place.addEventListener("submit", (event) =>
        void sendForm(/** @type {SubmitEvent} */ (event)).then(() => this.refresh()), { signal });
    this.list.addEventListener("pointerleave", () => this.refresh(), { signal });
    document.addEventListener("visibilitychange", () => this.refresh(), { signal });
    onAlertKeys(() => this.findCurrent(), (root) => this.silence(root), signal);
    this.aside.addEventListener("shown", ({ detail: isShown }) => !isShown && this.shown && this.onPanelClosed());
    const timer = setInterval(() => this.refresh(), REFRESH_INTERVAL);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.shown = null;
      sidePanel.show(false);
    });
    const form = document.querySelector(".alert-filter");
    if (form instanceof HTMLFormElement) form.addEventListener("change", () => this.filter(form), { signal });
    this.updateRows();
  }

  /** @returns {HTMLElement[]} */
  get rows() { return [...this.list.querySelectorAll(".alert-row")]; }

  /** @param {HTMLFormElement} form */
  filter(form) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, String(value));
    history.replaceState(history.state, "", `${location.pathname}${query.size ? "?" : ""}${query}`);
    this.isFiltered = true;
    this.refresh();
  }

  /** What A and S mean: the row with the focus, else the panel, else the row under the pointer. */
  findCurrent() {
    return this.list.querySelector(".alert-row:focus-within") ??
      (this.shown ? this.aside : this.list.querySelector(".alert-row:hover"));
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const row = link?.closest(".alert-row");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!(link instanceof HTMLAnchorElement) || !(row instanceof HTMLElement) || !isPlain || narrow.matches) return;
    event.preventDefault();
    this.open(row, link.href);
  }

  /**
   * @param {HTMLElement} row
   * @param {string} href
   */
  async open(row, href) {
    const id = row.dataset.alert ?? "";
    this.shown = id;
    this.updateRows();
    try {
      const article = await loadAlert(href);
      if (this.shown !== id || this.signal.aborted) return;
      dressAlert(article);
      this.aside.replaceChildren(this.createBar(href), article);
      sidePanel.show(true);
      this.aside.scrollTop = 0;
      if (article.querySelector("details[open]")) openSilence(article);
    } catch {
      location.assign(href);
    }
  }

  /** @param {string} href */
  createBar(href) {
    const link = createElement("a", "bar__button", createIcon("link"));
    link.href = new URL(href, location.href).pathname;
    const close = createElement("button", "bar__button", createIcon("close"));
    close.type = "button";
    close.addEventListener("click", () => sidePanel.show(false));
    for (const [control, name] of /** @type {[HTMLElement, string][]} */ ([[link, "alert_link"], [close, "close"]])) {
      control.title = t(name);
      control.setAttribute("aria-label", t(name));
    }
    const title = createElement("p", "bar__title", t("alert"));
    return createElement("header", "bar", title, createElement("div", "bar__end", link, close));
  }

  /** The focus goes back to the row. */
  onPanelClosed() {
    const row = this.rows.find(({ dataset }) => dataset.alert === this.shown);
    this.shown = null;
    this.updateRows();
    row?.querySelector(TITLE)?.focus();
  }

  /** @param {KeyboardEvent} event */
  onEscape(event) {
    if (event.key !== "Escape" || event.shiftKey || !this.shown || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    sidePanel.show(false);
  }

  /** @param {ParentNode} root */
  silence(root) {
    if (root === this.aside) return openSilence(root);
    /** @type {HTMLElement | null} */ (root.querySelector("a[href$='?silence']"))?.click();
  }

  /**
   * The list is one Tab stop; arrows move in it.
   * @param {KeyboardEvent} event
   */
  onListKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { rows } = this;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    if (!step || at < 0 || event.altKey) return;
    event.preventDefault();
    const row = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    this.makeTabStop(row);
    row.querySelector(TITLE)?.focus();
  }

  /** @param {HTMLElement | undefined} stop */
  makeTabStop(stop) {
    for (const row of this.rows) findElement(row, TITLE, HTMLElement).tabIndex = row === stop ? 0 : -1;
  }

  updateRows() {
    const { rows } = this;
    for (const row of rows) {
      const link = findElement(row, TITLE, HTMLElement);
      if (row.dataset.alert === this.shown) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    this.makeTabStop(rows.find((row) => row.dataset.alert === this.shown) ?? rows[0]);
  }

  async refresh() {
    if (document.visibilityState !== "visible") return;
    const { href } = location;
    const article = document.getElementById("alert");
    try {
      const page = await getDocument(href);
      if (this.signal.aborted || href !== location.href) return;
      this.showFresh(page);
      if (this.shown && article) await refreshAlert(article);
    } catch { /* without a connection it stays as it was */ }
  }

  /**
   * While somebody points at the list or moves in it, rows are brought up to date where they are.
   * @param {Document} page
   */
  showFresh(page) {
    const fresh = page.getElementById("alerts");
    if (!fresh) return;
    paintTimes(fresh);
    const places = page.querySelector(".places");
    if (places) document.querySelector(".places")?.replaceWith(document.adoptNode(places));
    const isInUse = this.list.matches(":hover, :focus-within") && !this.isFiltered;
    this.isFiltered = false;
    if (isInUse) this.updateInPlace(fresh);
    else if (fresh.textContent !== this.list.textContent || fresh.querySelector(".spark"))
      this.list.replaceChildren(...document.adoptNode(fresh).childNodes);
    this.updateRows();
  }

  /** @param {HTMLElement} fresh */
  updateInPlace(fresh) {
    for (const row of this.rows) {
      const other = fresh.querySelector(`[data-alert="${row.dataset.alert}"]`);
      if (other && !row.contains(document.activeElement) && other.textContent !== row.textContent)
        row.replaceChildren(...document.adoptNode(other).childNodes);
    }
  }
}

onView("#alerts", (list, signal) => { new AlertsPage(list, signal); });
