// The messages of a room: new ones appear at the end, older ones are loaded when the reader scrolls up.
import { findElement, getElement } from "../myweb/elements.js";
import { getJson } from "../myweb/api.js";
import { me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";
import { listFileNames } from "./message_files.js";
import { PendingMessages } from "./pending_messages.js";
import { Scroll } from "./scroll.js";
import { MessageWindow } from "./message_window.js";
import { onNewDay } from "../myweb/time.js";

const PAGE_SIZE = 50;
const MAX_HELD = 1_000; // messages kept in memory while watching the end; more than a MessageWindow ever draws

/**
 * Fires `seen` when other messages may be on the screen, `room` when the room itself changed, `members` when its
 * people did.
 */
export class Timeline extends EventTarget {
  /** @type {Room} */
  room = /** @type {any} */ (null); // set by showRoom()
  /** @type {MessageWindow} */
  messageWindow = /** @type {any} */ (null);
  /** @type {Map<number, { state: MessageState, isNew: boolean }>} */
  batch = new Map(); // seq -> what came since the last drawing
  missed = 0;
  readUpTo = 0; // kept by read_tracker.js
  fetching = false;

  /**
   * @param {HTMLElement} root
   * @param {Outbox} outbox
   */
  constructor(root, outbox) {
    super();
    this.root = root;
    this.list = findElement(root, "[role=log]", HTMLElement);
    this.latest = findElement(root, ".latest", HTMLElement);
    this.pending = new PendingMessages(this, outbox);
    this.announcer = getElement("announcer", HTMLElement);
    this.scroller = new Scroll(root, () => this.onScroll());
    this.latest.addEventListener("click", () => this.jumpToEnd());
    root.addEventListener(
      "click",
      ({ target }) => {
        const quote = target?.closest("[data-answers]");
        if (quote) this.showMessage(Number(quote.dataset.answers));
      },
    );
    onNewDay(
      () =>
        this.messageWindow &&
        this.scroller.keepPosition(() => {
          this.messageWindow.redrawAllDividers();
          this.pending.redraw();
        }),
    );
  }

  get rows() { return this.messageWindow.rows; }
  get showsEnd() { return this.messageWindow.showsEnd; }

  /**
   * @param {Room} room
   * @param {{ fresh?: number | null, at?: number | null }} options
   */
  async showRoom(room, { fresh = null, at = null } = {}) {
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
      message: (state, isNew) => this.onMessage(state, isNew),
      member: (member) => this.onMember(member),
      room: () => this.dispatchEvent(new Event("room")),
    });
    if (!room.loaded) this.setBusy(true);
    else if (at) await this.showMessage(at);
    else this.reset();
    this.update();
  }

  /** @param {boolean} isBusy */
  setBusy(isBusy) { this.list.setAttribute("aria-busy", String(isBusy)); }

  /** Draw the end of the view afresh. */
  reset() {
    const { length } = this.messageWindow.run.messages;
    this.messageWindow.clear();
    this.drawHistory(Math.max(0, length - PAGE_SIZE), length);
    this.dispatchEvent(new Event("room"));
    this.scrollToUnread();
  }

  /** Begin at what is new, or at the end. */
  scrollToUnread() {
    const line = this.list.querySelector(".divider--fresh:not([hidden])");
    this.scroller.scrollToEnd();
    if (line) this.scroller.showLine(line);
    this.update();
  }

  /**
   * Rows that are history: screen readers wait, and nothing is announced.
   * @param {number} from
   * @param {number} to
   */
  drawHistory(from, to) {
    this.setBusy(true);
    this.messageWindow.draw(from, to);
    requestAnimationFrame(() => this.setBusy(false));
  }

  /**
   * A kind of card has become known after messages with it were drawn.
   * @param {string} kind
   */
  redrawCards(kind) {
    if (this.messageWindow)
      this.scroller.keepPosition(() => this.messageWindow.repaint((state) => state.card?.kind === kind));
  }

  /**
   * A message looks different, although its state is the same.
   * @param {number} id
   */
  redrawMessage(id) {
    this.scroller.keepPosition(() => this.messageWindow.repaint((state) => state.id === id));
    this.update();
  }

  /** @param {MemberState} member */
  onMember(member) {
    this.messageWindow.repaint((state) => state.author === member.id || state.reply?.author === member.id);
    this.dispatchEvent(new Event("members"));
  }

  /**
   * What came in one frame is drawn in one go.
   * @param {MessageState} state
   * @param {boolean} isNew
   */
  onMessage(state, isNew) {
    const { batch } = this;
    if (!batch.size) queueMicrotask(() => batch === this.batch && this.drawBatch());
    batch.set(state.seq, { state, isNew: isNew || Boolean(batch.get(state.seq)?.isNew) });
  }

  drawBatch() {
    const batch = [...this.batch.values()];
    this.batch.clear();
    this.scroller.keepPosition(() => {
      for (const { state } of batch) this.messageWindow.update(state);
      this.messageWindow.redrawQuotes();
      for (const { state } of batch) if (state.author === me.id) this.pending.onStored(state.client_id);
      if (this.scroller.pinned) this.trimOldest();
    });
    for (const { state, isNew } of batch) if (isNew) this.onArrival(state);
    this.update();
  }

  trimOldest() {
    this.messageWindow.trim("before");
    if (this.room.trimOldest(MAX_HELD)) this.messageWindow.redrawQuotes();
  }

  /** @param {MessageState} state */
  onArrival(state) {
    if (state.author === me.id || state.deleted) return;
    if (!this.scroller.pinned || !this.showsEnd) this.missed += 1;
    const { fresh } = this.messageWindow;
    if (!document.hasFocus() && (fresh === null || this.readUpTo > fresh)) this.markFresh(state.seq - 1);
    if (!this.root.isConnected) return;
    const body = this.rows.get(state.seq)?.querySelector(".message__body")?.textContent;
    const text = body || listFileNames(state.files);
    this.announcer.textContent = `${this.room.getMember(state.author).name}: ${text.slice(0, 240)}`;
  }

  /** @param {number | null} seq */
  markFresh(seq) { this.scroller.keepPosition(() => this.messageWindow.markFresh(seq)); }

  onScroll() {
    if (!this.room?.loaded) return;
    if (this.scroller.nearStart) this.showMore("before");
    else if (this.scroller.nearEnd) this.showMore("after");
    this.update();
  }

  /**
   * Further back or further on: first from memory, then from the server.
   * @param {"before" | "after"} side
   */
  async showMore(side) {
    const { messageWindow } = this;
    const undrawn = () => {
      const { run, drawnRange } = messageWindow;
      return side === "before" ? drawnRange.from : run.messages.length - drawnRange.to;
    };
    if (!undrawn() && messageWindow.run[side]) await this.fetchMore(side);
    if (messageWindow !== this.messageWindow || !undrawn()) return;
    this.scroller.keepPosition(() => {
      const { from, to } = messageWindow.drawnRange;
      if (side === "before") this.drawHistory(Math.max(0, from - PAGE_SIZE), from);
      else this.drawHistory(to, Math.min(messageWindow.run.messages.length, to + PAGE_SIZE));
      messageWindow.trim(side === "before" ? "after" : "before");
    });
    this.update();
  }

  /** @param {"before" | "after"} side */
  async fetchMore(side) {
    if (this.fetching) return;
    const { room, messageWindow: { run } } = this;
    this.fetching = true;
    this.setBusy(true);
    const page = await this.loadPage({ [side]: side === "before" ? run.first : run.last, limit: PAGE_SIZE });
    this.fetching = false;
    this.setBusy(false);
    if (page && this.room === room && room.view === run) room.addPage(page, side);
  }

  /** @param {Record<string, any>} query */
  async loadPage(query) {
    try {
      return await getJson(urls.history(this.room.id, query));
    } catch {
      return null; // the connection's own line says so
    }
  }

  /**
   * Show one message, wherever it is.
   * @param {number} seq
   */
  async showMessage(seq) {
    const { room, messageWindow } = this;
    if (messageWindow.rows.has(seq)) return this.scroller.showRow(messageWindow.rows.get(seq));
    if (!room.view.find(seq) && room.tail.find(seq)) room.showTail();
    if (!room.view.find(seq)) {
      const page = await this.loadPage({ around: seq, limit: PAGE_SIZE });
      if (messageWindow !== this.messageWindow) return;
      if (!page?.messages.length) return this.rows.size ? null : this.reset();
      room.showPage(page);
    }
    const index = room.view.indexOf(seq);
    messageWindow.clear();
    this.drawHistory(Math.max(0, index - PAGE_SIZE), Math.min(room.view.messages.length, index + PAGE_SIZE));
    this.scroller.showRow(this.rows.get(seq) ?? [...this.rows.values()].at(-1));
    this.update();
  }

  jumpToEnd() {
    this.missed = 0;
    if (!this.showsEnd) {
      this.room.showTail();
      this.reset();
    }
    this.scroller.scrollToEnd();
    this.update();
  }

  /** The newest seq whose end is on the screen. */
  get lastSeen() {
    const edge = this.root.getBoundingClientRect().bottom + 8;
    return [...this.rows].findLast(([, row]) => row.getBoundingClientRect().bottom <= edge)?.[0] ?? 0;
  }

  update() {
    this.pending.redraw();
    const atEnd = this.scroller.pinned && this.showsEnd;
    if (atEnd) this.missed = 0;
    this.latest.hidden = atEnd || !this.room.loaded;
    findElement(this.latest, "span", HTMLElement).textContent = this.missed
      ? t("new_messages", { count: this.missed })
      : t("jump_latest");
    findElement(this.root, ".timeline__empty", HTMLElement).hidden =
      !this.room.loaded || this.rows.size > 0 || this.pending.hasRows;
    this.dispatchEvent(new Event("seen"));
    if (this.room.loaded && this.scroller.fits) this.showMore("before"); // nobody could scroll there
  }
}
