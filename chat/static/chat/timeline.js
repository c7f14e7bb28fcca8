// The messages of a room: new ones appear at the end, older ones are loaded when the reader scrolls up.
import { getJson } from "../myweb/api.js";
import { me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { PendingMessages } from "./pending_messages.js";
import { Scroll } from "./scroll.js";
import { MessageWindow } from "./message_window.js";
import { onNewDay } from "../myweb/time.js";

const STEP = 50;
const HELD = 1_000; // messages kept in memory while watching the end; more than a MessageWindow ever draws

/**
 * Fires `seen` when other messages may be on the screen, `room` when the room itself changed, `members` when its
 * people did.
 */
export class Timeline extends EventTarget {
  room = null;
  messageWindow = null;
  batch = new Map(); // seq -> what came since the last drawing
  missed = 0;
  readUpTo = 0; // kept by reading.js
  fetching = false;

  constructor(root, outbox) {
    super();
    this.root = root;
    this.list = root.querySelector("[role=log]");
    this.latest = root.querySelector(".latest");
    this.pending = new PendingMessages(this, outbox);
    this.announcer = document.getElementById("announcer");
    this.scroller = new Scroll(root, () => this.scrolled());
    this.latest.addEventListener("click", () => this.jump());
    root.addEventListener(
      "click",
      ({ target }) =>
        target.closest("[data-answers]") && this.goTo(Number(target.closest("[data-answers]").dataset.answers)),
    );
    onNewDay(
      () =>
        this.messageWindow &&
        this.scroller.keep(() => {
          this.messageWindow.settleAll();
          this.pending.draw();
        }),
    );
  }

  get rows() { return this.messageWindow.rows; }
  get showsEnd() { return this.messageWindow.showsEnd; }

  async show(room, { fresh = null, at = null } = {}) {
    this.room?.listen({});
    this.announcer.textContent = "";
    this.room = room;
    this.missed = 0;
    this.readUpTo = 0;
    this.messageWindow = new MessageWindow(this.list, room);
    this.batch = new Map();
    this.messageWindow.fresh = fresh;
    room.listen({
      reset: () => this.reset(),
      message: (state, isNew) => this.message(state, isNew),
      member: (member) => this.member(member),
      room: () => this.dispatchEvent(new Event("room")),
    });
    if (!room.loaded) this.busy(true);
    else if (at) await this.goTo(at);
    else this.reset();
    this.changed();
  }

  busy(isBusy) { this.list.setAttribute("aria-busy", String(isBusy)); }

  /** Draw the end of the view afresh. */
  reset() {
    const { length } = this.messageWindow.run.messages;
    this.messageWindow.clear();
    this.draw(Math.max(0, length - STEP), length);
    this.dispatchEvent(new Event("room"));
    this.start();
  }

  /** Begin at what is new, or at the end. */
  start() {
    const line = this.list.querySelector(".divider--fresh:not([hidden])");
    this.scroller.toEnd();
    if (line) this.scroller.showLine(line);
    this.changed();
  }

  /** Rows that are history: readers of the log are told to wait, and nothing is announced. */
  draw(from, to) {
    this.busy(true);
    this.messageWindow.draw(from, to);
    requestAnimationFrame(() => this.busy(false));
  }

  /** A kind of card has become known after messages with it were drawn. */
  redraw(kind) {
    if (this.messageWindow)
      this.scroller.keep(() => this.messageWindow.repaint((state) => state.card?.kind === kind));
  }

  member(member) {
    this.messageWindow.repaint((state) => state.author === member.id || state.reply?.author === member.id);
    this.dispatchEvent(new Event("members"));
  }

  /** What came in one frame is drawn in one go. */
  message(state, isNew) {
    const { batch } = this;
    if (!batch.size) queueMicrotask(() => batch === this.batch && this.drawBatch());
    batch.set(state.seq, { state, isNew: isNew || Boolean(batch.get(state.seq)?.isNew) });
  }

  drawBatch() {
    const batch = [...this.batch.values()];
    this.batch.clear();
    this.scroller.keep(() => {
      for (const { state } of batch) this.messageWindow.put(state);
      this.messageWindow.quote();
      for (const { state } of batch) if (state.author === me.id) this.pending.arrived(state.client_id);
      if (this.scroller.pinned) this.shorten();
    });
    for (const { state, isNew } of batch) if (isNew) this.arrived(state);
    this.changed();
  }

  shorten() {
    this.messageWindow.trim("before");
    if (this.room.shorten(HELD)) this.messageWindow.quote();
  }

  arrived(state) {
    if (state.author === me.id || state.deleted) return;
    if (!this.scroller.pinned || !this.showsEnd) this.missed += 1;
    const { fresh } = this.messageWindow;
    if (!document.hasFocus() && (fresh === null || this.readUpTo > fresh)) this.markFresh(state.seq - 1);
    const text = this.rows.get(state.seq)?.querySelector(".message__body").textContent ?? "";
    this.announcer.textContent = `${this.room.person(state.author).name}: ${text.slice(0, 240)}`;
  }

  markFresh(seq) { this.scroller.keep(() => this.messageWindow.mark(seq)); }

  scrolled() {
    if (!this.room?.loaded) return;
    if (this.scroller.nearStart) this.more("before");
    else if (this.scroller.nearEnd) this.more("after");
    this.changed();
  }

  /** Further back or further on: first from what is held, then from the book. */
  async more(side) {
    const { messageWindow } = this;
    const undrawn = () => {
      const { run, span } = messageWindow;
      return side === "before" ? span.from : run.messages.length - span.to;
    };
    if (!undrawn() && messageWindow.run[side]) await this.fetchMore(side);
    if (messageWindow !== this.messageWindow || !undrawn()) return;
    this.scroller.keep(() => {
      const { from, to } = messageWindow.span;
      if (side === "before") this.draw(Math.max(0, from - STEP), from);
      else this.draw(to, Math.min(messageWindow.run.messages.length, to + STEP));
      messageWindow.trim(side === "before" ? "after" : "before");
    });
    this.changed();
  }

  async fetchMore(side) {
    if (this.fetching) return;
    const { room, messageWindow: { run } } = this;
    this.fetching = true;
    this.busy(true);
    const page = await this.read({ [side]: side === "before" ? run.first : run.last, limit: STEP });
    this.fetching = false;
    this.busy(false);
    if (page && this.room === room && room.view === run) room.grow(page, side);
  }

  async read(query) {
    try {
      return await getJson(urls.history(this.room.id, query));
    } catch {
      return null; // the connection's own line says so
    }
  }

  /** Show one message, wherever it is. */
  async goTo(seq) {
    const { room, messageWindow } = this;
    if (messageWindow.rows.has(seq)) return this.scroller.showRow(messageWindow.rows.get(seq));
    if (!room.view.find(seq) && room.tail.find(seq)) room.lookAtTail();
    if (!room.view.find(seq)) {
      const page = await this.read({ around: seq, limit: STEP });
      if (messageWindow !== this.messageWindow) return;
      if (!page?.messages.length) return this.rows.size ? null : this.reset();
      room.look(page);
    }
    const index = room.view.place(seq);
    messageWindow.clear();
    this.draw(Math.max(0, index - STEP), Math.min(room.view.messages.length, index + STEP));
    this.scroller.showRow(this.rows.get(seq) ?? [...this.rows.values()].at(-1));
    this.changed();
  }

  jump() {
    this.missed = 0;
    if (!this.showsEnd) {
      this.room.lookAtTail();
      this.reset();
    }
    this.scroller.toEnd();
    this.changed();
  }

  /** The newest seq whose end is on the screen. */
  get seen() {
    const edge = this.root.getBoundingClientRect().bottom + 8;
    return [...this.rows].findLast(([, row]) => row.getBoundingClientRect().bottom <= edge)?.[0] ?? 0;
  }

  changed() {
    this.pending.draw();
    const atEnd = this.scroller.pinned && this.showsEnd;
    if (atEnd) this.missed = 0;
    this.latest.hidden = atEnd || !this.room.loaded;
    this.latest.querySelector("span").textContent = this.missed
      ? t("new_messages", { count: this.missed })
      : t("jump_latest");
    this.root.querySelector(".timeline__empty").hidden = !this.room.loaded || this.rows.size > 0 || this.pending.any;
    this.dispatchEvent(new Event("seen"));
    if (this.room.loaded && this.scroller.fits) this.more("before"); // nobody could scroll there
  }
}
