// What can be done with a message: one bar for the whole conversation, which moves to the message under the pointer or
// the focus.
import { quick } from "./emoji.js";
import { pluginActions } from "./plugins.js";
import { onKeydown } from "./keyboard.js";
import { me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { icon } from "../myweb/icons.js";
import { urls } from "../myweb/urls.js";
import { pick } from "./picker.js";

const LONG_PRESS = 450;

/** `actions`: react(message, emoji), reply(message), edit(message), remove(message), say(text). */
export class ActionBar {
  longPressTimer = 0;
  /** @type {any} */
  state = null; // of the message that the bar is on

  constructor(timeline, actions) {
    this.timeline = timeline;
    this.actions = actions;
    this.bar = document.getElementById("message-actions").content.firstElementChild.cloneNode(true);
    this.bar.querySelectorAll("[data-quick]").forEach((button, index) => {
      button.textContent = quick[index];
      button.setAttribute("aria-label", t("react_with", { emoji: quick[index] }));
    });
    this.bar.addEventListener("click", (event) => this.clicked(event));
    timeline.list.addEventListener("click", (event) => this.reaction(event));
    timeline.list.addEventListener(
      "pointerover",
      (event) => event.pointerType === "mouse" && this.moveTo(event.target),
    );
    timeline.root.addEventListener("pointerleave", () => this.leave());
    timeline.addEventListener("seen", () => this.check());
    timeline.list.addEventListener("focusin", (event) => this.focused(event.target));
    if (matchMedia("(hover: none)").matches)
      timeline.list.addEventListener("focusout", () => setTimeout(() => this.left()));
    onKeydown(timeline.list, (event) => this.key(event));
    this.listenForLongPress();
  }

  listenForLongPress() {
    const { list } = this.timeline;
    const cancel = () => clearTimeout(this.longPressTimer);
    list.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse") return;
      this.longPressTimer = setTimeout(() => this.moveTo(event.target), LONG_PRESS);
    });
    for (const kind of ["pointerup", "pointermove", "pointercancel"])
      list.addEventListener(kind, cancel, { passive: true });
    list.addEventListener("contextmenu", (event) => event.pointerType === "touch" && this.moveTo(event.target));
  }

  stateOf(target) {
    const row = target.closest?.(".row");
    return row ? this.timeline.room.find(Number(row.dataset.seq)) : null;
  }

  /** Something can be done with it. */
  openState(message) {
    const state = this.stateOf(message);
    return state && !state.deleted && !this.timeline.room.state.archived ? state : null;
  }

  moveTo(target) {
    const message = target.closest?.(".message");
    const state = message && this.openState(message);
    if (!state) return this.leave();
    if (this.bar.parentElement === message) return;
    if (this.held) return;
    this.state = state;
    this.bar.querySelector("[data-do=edit]").hidden = state.author !== me.id;
    this.bar.querySelector("[data-do=remove]").hidden = state.author !== me.id && !["owner", "admin"].includes(me.role);
    this.add(state);
    message.append(this.bar);
  }

  /** What other apps can do with it. */
  add(state) {
    for (const old of this.bar.querySelectorAll("[data-added]")) old.remove();
    this.bar
      .querySelector("[data-do=edit]")
      .before(...pluginActions.filter((action) => action.label(state)).map((action) => this.other(action)));
  }

  other(action) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const name = () => { button.title = action.label(this.state); button.setAttribute("aria-label", button.title); };
    button.dataset.added = "";
    button.append(icon(action.icon));
    button.addEventListener("click", async () => {
      await action.act(this.timeline.room.find(this.state.seq) ?? this.state);
      name();
    });
    name();
    return button;
  }

  /** Someone is in the bar by keyboard, or chooses an emoji that it asked for. */
  get held() { return Boolean(this.bar.querySelector(":focus-visible, [aria-expanded=true]")); }

  /** Without a pointer that hovers, the bar goes when the focus does. */
  left() { if (!this.timeline.list.contains(document.activeElement)) this.leave(); }

  leave() { if (!this.held) this.bar.remove(); }

  /** A message that was deleted under the bar takes it along; browsers differ in where they leave the focus then. */
  check() {
    const message = this.bar.parentElement;
    if (!message || this.openState(message)) return;
    const focused = this.bar.contains(document.activeElement);
    this.bar.remove();
    if (focused) message.focus({ preventScroll: true });
  }

  focused(target) {
    const message = target.closest(".message");
    if (!message) return;
    for (const other of this.timeline.list.querySelectorAll(".message[tabindex='0']")) other.tabIndex = -1;
    message.tabIndex = 0;
    this.moveTo(target);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const message = event.target.closest(".message");
    if (event.target !== message && event.target !== this.timeline.list) return this.escape(event, message);
    const rows = [...this.timeline.rows.values()];
    const here = message ? rows.indexOf(message.closest(".row")) : rows.length;
    const there = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key.toLowerCase() === "r" && message) this.reply(message);
    else if (event.key === "Enter") this.bar.querySelector("button:not([hidden])")?.focus();
    else if (there === undefined) return;
    else rows[there]?.querySelector(".message").focus();
    event.preventDefault();
  }

  reply(message) {
    const state = this.openState(message);
    if (state) this.actions.reply(state);
  }

  escape(event, message) { if (event.key === "Escape") message?.focus(); }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const state = this.timeline.room.find(this.state.seq) ?? this.state;
    if (button.dataset.quick !== undefined) this.toggle(state, button.textContent);
    if (button.dataset.do === "react") pick(button, (emoji) => this.toggle(state, emoji));
    if (button.dataset.do === "reply") this.actions.reply(state);
    if (button.dataset.do === "edit") this.actions.edit(state);
    if (button.dataset.do === "remove") this.actions.remove(state);
    if (button.dataset.do === "copy") this.copy(state);
  }

  reaction(event) {
    const button = event.target.closest(".reaction");
    const state = button && this.stateOf(button);
    if (!state) return;
    if (button.dataset.emoji) this.toggle(state, button.dataset.emoji);
    else pick(button, (emoji) => this.toggle(state, emoji));
  }

  toggle(state, emoji) {
    const mine = (state.reactions?.[emoji] ?? []).includes(me.id);
    this.actions.react(state, emoji, !mine);
  }

  async copy(state) {
    const link = new URL(urls.room(this.timeline.room.id, state.seq), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      this.actions.say(t("link_copied"));
    } catch {
      this.actions.say(link);
    }
  }
}
