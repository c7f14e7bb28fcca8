// What can be done with a message: one bar for the whole conversation, which moves to the message under the pointer or
// the focus.
import { findElement } from "../myweb/elements.js";
import { isBeingDeleted } from "./deletions.js";
import { emoji } from "./emoji.js";
import { pluginActions } from "./room_page.js";
import { onKeydown } from "../myweb/keyboard.js";
import { cloneTemplate, me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { moveInToolbar, setTabStop } from "../myweb/toolbar.js";
import { urls } from "../myweb/urls.js";
import { openEmojiPicker } from "./picker.js";

const LONG_PRESS = 450;
const quickReactions = emoji.slice(0, 3).map(([character]) => character);

/** `actions` is a MessageActions. */
export class ActionBar {
  longPressTimer = 0;
  /** @type {any} */
  state = null; // of the message that the bar is on

  /**
   * @param {Timeline} timeline
   * @param {MessageActions} actions
   */
  constructor(timeline, actions) {
    this.timeline = timeline;
    this.actions = actions;
    this.bar = cloneTemplate("message-actions");
    for (const [index, button] of this.bar.querySelectorAll("[data-quick]").entries()) {
      button.textContent = quickReactions[index];
      button.setAttribute("aria-label", t("react_with", { emoji: quickReactions[index] }));
    }
    this.bar.addEventListener("click", (/** @type {any} */ event) => this.onClick(event));
    timeline.list.addEventListener("click", (/** @type {any} */ event) => this.onReactionClick(event));
    timeline.list.addEventListener(
      "pointerover",
      (/** @type {any} */ event) => event.pointerType === "mouse" && this.moveTo(event.target),
    );
    timeline.root.addEventListener("pointerleave", () => this.hide());
    timeline.addEventListener("seen", () => this.hideIfDeleted());
    timeline.list.addEventListener("focusin", (/** @type {any} */ event) => this.onFocus(event.target));
    if (matchMedia("(hover: none)").matches)
      timeline.list.addEventListener("focusout", () => setTimeout(() => this.onFocusOut()));
    onKeydown(timeline.list, (event) => this.onKey(event));
    this.listenForLongPress();
  }

  listenForLongPress() {
    const { list } = this.timeline;
    const cancel = () => clearTimeout(this.longPressTimer);
    list.addEventListener("pointerdown", (/** @type {any} */ event) => {
      if (event.pointerType === "mouse") return;
      this.longPressTimer = setTimeout(() => this.moveTo(event.target), LONG_PRESS);
    });
    for (const kind of ["pointerup", "pointermove", "pointercancel"])
      list.addEventListener(kind, cancel, { passive: true });
    list.addEventListener("contextmenu", (/** @type {any} */ event) => {
      if (event.pointerType === "touch") this.moveTo(event.target);
    });
  }

  /** @param {any} target */
  stateOf(target) {
    const row = target.closest?.(".row");
    return row ? this.timeline.room.find(Number(row.dataset.seq)) : null;
  }

  /**
   * Something can be done with it.
   * @param {HTMLElement} message
   */
  changeableState(message) {
    const state = this.stateOf(message);
    const gone = !state || state.deleted || isBeingDeleted(state.id);
    return gone || this.timeline.room.state.archived ? null : state;
  }

  /** @param {any} target */
  moveTo(target) {
    const message = target.closest?.(".message");
    const state = message && this.changeableState(message);
    if (!state) return this.hide();
    if (this.bar.parentElement === message) return;
    if (this.isHeld) return;
    this.state = state;
    findElement(this.bar, "[data-do=edit]", HTMLElement).hidden = state.author !== me.id;
    const isAdmin = ["owner", "admin"].includes(me.role);
    findElement(this.bar, "[data-do=remove]", HTMLElement).hidden = state.author !== me.id && !isAdmin;
    this.addPluginActions(state);
    message.append(this.bar);
    setTabStop(this.bar);
  }

  /**
   * What other apps can do with it.
   * @param {MessageState} state
   */
  addPluginActions(state) {
    for (const old of this.bar.querySelectorAll("[data-added]")) old.remove();
    findElement(this.bar, "[data-do=edit]", HTMLElement)
      .before(
        ...pluginActions.filter((action) => action.label(state)).map((action) => this.createPluginButton(action)),
      );
  }

  /** @param {MessageAction} action */
  createPluginButton(action) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const name = () => { button.title = action.label(this.state); button.setAttribute("aria-label", button.title); };
    button.dataset.added = "";
    button.append(createIcon(action.icon));
    button.addEventListener("click", async () => {
      await action.act(this.timeline.room.find(this.state.seq) ?? this.state);
      name();
    });
    name();
    return button;
  }

  /** The keyboard focus is in the bar, or its emoji picker is open. */
  get isHeld() { return Boolean(this.bar.querySelector(":focus-visible, [aria-expanded=true]")); }

  /** Without a pointer that hovers, the bar goes when the focus does. */
  onFocusOut() { if (!this.timeline.list.contains(document.activeElement)) this.hide(); }

  hide() { if (!this.isHeld) this.bar.remove(); }

  /** A message that was deleted under the bar takes it along; browsers differ in where they leave the focus then. */
  hideIfDeleted() {
    const message = this.bar.parentElement;
    if (!message || this.changeableState(message)) return;
    const focused = this.bar.contains(document.activeElement);
    this.bar.remove();
    if (focused) message.focus({ preventScroll: true });
  }

  /** @param {any} target */
  onFocus(target) {
    const message = target.closest(".message");
    if (!message) return;
    for (const other of this.timeline.list.querySelectorAll(".message[tabindex='0']")) other.tabIndex = -1;
    message.tabIndex = 0;
    this.moveTo(target);
  }

  /** @param {any} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const message = event.target.closest(".message");
    if (this.bar.contains(event.target)) return this.onBarKey(event, message);
    if (event.target !== message && event.target !== this.timeline.list) return this.onEscape(event, message);
    const rows = [...this.timeline.rows.values()];
    const here = message ? rows.indexOf(message.closest(".row")) : rows.length;
    /** @type {Record<string, number>} */
    const places = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: rows.length - 1 };
    const there = places[event.key];
    if (event.key.toLowerCase() === "r" && message) this.reply(message);
    else if (event.key === "Enter") setTabStop(this.bar)?.focus();
    else if (there === undefined) return;
    else rows[there]?.querySelector(".message")?.focus();
    event.preventDefault();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLElement} message
   */
  onBarKey(event, message) {
    if (event.key === "Escape") message.focus();
    else if (!moveInToolbar(this.bar, event)) return;
    event.preventDefault();
  }

  /** @param {HTMLElement} message */
  reply(message) {
    const state = this.changeableState(message);
    if (state) this.actions.reply(state);
  }

  /**
   * @param {any} event
   * @param {HTMLElement} message
   */
  onEscape(event, message) { if (event.key === "Escape") message?.focus(); }

  /** @param {any} event */
  onClick(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const state = this.timeline.room.find(this.state.seq) ?? this.state;
    if (button.dataset.quick !== undefined) this.toggleReaction(state, button.textContent);
    if (button.dataset.do === "react") openEmojiPicker(button, (emoji) => this.toggleReaction(state, emoji));
    if (button.dataset.do === "reply") this.actions.reply(state);
    if (button.dataset.do === "edit") this.actions.edit(state);
    if (button.dataset.do === "remove") this.deleteMessage(state, event.detail === 0);
    if (button.dataset.do === "copy") this.copyLink(state);
  }

  /**
   * @param {MessageState} state
   * @param {boolean} byKeyboard
   */
  deleteMessage(state, byKeyboard) {
    const message = this.bar.closest(".message");
    this.bar.remove();
    this.actions.deleteMessage(state, byKeyboard ? message : null);
  }

  /** @param {any} event */
  onReactionClick(event) {
    const button = event.target.closest(".reaction");
    const state = button && this.stateOf(button);
    if (!state) return;
    if (button.dataset.emoji) this.toggleReaction(state, button.dataset.emoji);
    else openEmojiPicker(button, (emoji) => this.toggleReaction(state, emoji));
  }

  /**
   * @param {MessageState} state
   * @param {string} emoji
   */
  toggleReaction(state, emoji) {
    const mine = (state.reactions?.[emoji] ?? []).includes(me.id);
    this.actions.react(state, emoji, !mine);
  }

  /** @param {MessageState} state */
  async copyLink(state) {
    const link = new URL(urls.room(this.timeline.room.id, state.seq), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      this.actions.showToast(t("link_copied"));
    } catch {
      this.actions.showToast(link);
    }
  }
}
