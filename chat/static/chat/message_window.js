// The part of a room's view that is in the page: rows for messages without a hole, never more than MOST.
import { createRow, paintMessage } from "./message.js";
import { paintDividers } from "./message_groups.js";
import { paintQuote } from "./quotes.js";

const MAX_ROWS = 400;

export class MessageWindow {
  /** @type {Map<number, HTMLElement>} */
  rows = new Map(); // seq -> row, in the order of the page

  /**
   * @param {HTMLElement} list
   * @param {Room} room
   */
  constructor(list, room) {
    this.list = list;
    this.room = room;
    /** @type {number | null} */
    this.fresh = null;
    this.clear();
  }

  clear() {
    this.rows = new Map();
    this.list.replaceChildren();
  }

  get run() { return this.room.view; }

  /** What is drawn, as places in the view: [from, to). */
  get drawnRange() {
    const seqs = [...this.rows.keys()];
    return seqs.length
      ? { from: this.run.indexOf(seqs[0]), to: this.run.indexOf(seqs[seqs.length - 1]) + 1 }
      : { from: 0, to: 0 };
  }

  get showsEnd() { return this.room.view === this.room.tail && this.drawnRange.to === this.run.messages.length; }

  /**
   * Put messages [from, to) of the view, which touch what is drawn, into the page.
   * @param {number} from
   * @param {number} to
   */
  draw(from, to) {
    /** @type {[number, HTMLElement][]} */
    const drawn = this.run.messages.slice(from, to).map((state) => [state.seq, this.createRow(state)]);
    const before = this.rows.size > 0 && from < this.drawnRange.from;
    const rows = drawn.map(([, row]) => row);
    if (before) this.list.prepend(...rows);
    else this.list.append(...rows);
    this.rows = new Map(before ? [...drawn, ...this.rows] : [...this.rows, ...drawn]);
    for (let index = from; index <= to; index += 1) this.redrawDividers(index);
    this.redrawQuotes();
  }

  /** @param {MessageState} state */
  createRow(state) {
    const row = createRow();
    paintMessage(row, state, this.room);
    return row;
  }

  /**
   * The lines above a message and its head depend on the message before it.
   * @param {number} index
   */
  redrawDividers(index) {
    const [previous, state] = [this.run.messages[index - 1], this.run.messages[index]];
    const row = state && this.rows.get(state.seq);
    if (!row) return;
    const known = previous || !this.run.before;
    paintDividers(
      row,
      state,
      previous,
      this.fresh !== null && known && state.seq > this.fresh && (previous?.seq ?? 0) <= this.fresh,
    );
  }

  /**
   * Draw the "new since you left" line after this seq, or take it away.
   * @param {number | null} fresh
   */
  markFresh(fresh) {
    this.fresh = fresh;
    this.redrawAllDividers();
  }

  redrawAllDividers() {
    const { from, to } = this.drawnRange;
    for (let index = from; index < to; index += 1) this.redrawDividers(index);
  }

  /**
   * A state has changed or come: its row follows, if it belongs to what is drawn.
   * @param {MessageState} state
   */
  update(state) {
    const { from, to } = this.drawnRange;
    const index = this.run.indexOf(state.seq);
    const row = this.rows.get(state.seq);
    if (row) paintMessage(row, state, this.room);
    else if (this.run.find(state.seq) && index >= from && index <= to) this.insert(state, index);
    this.redrawDividers(index);
    this.redrawDividers(index + 1);
  }

  /**
   * @param {MessageState} state
   * @param {number} index
   */
  insert(state, index) {
    const next = this.run.messages[index + 1];
    const row = this.createRow(state);
    this.list.insertBefore(row, (next && this.rows.get(next.seq)) ?? null);
    this.rows.set(state.seq, row);
    if (next) this.rows = new Map([...this.rows].sort(([one], [other]) => one - other));
  }

  /**
   * Draw again what has changed in other ways than by its own state.
   * @param {(state: MessageState) => boolean} concerns
   */
  repaint(concerns) {
    for (const [seq, row] of this.rows) {
      const state = this.run.find(seq);
      if (state && concerns(state)) paintMessage(row, state, this.room);
    }
  }

  /** What others answer may have come, changed or been forgotten. */
  redrawQuotes() {
    for (const line of this.list.querySelectorAll(".message__quote:not([hidden])")) {
      const state = this.run.find(Number(line.closest(".row")?.dataset.seq));
      if (state) paintQuote(line, state.reply, this.room);
    }
  }

  /** @param {"before" | "after"} side */
  trim(side) {
    const seqs = [...this.rows.keys()];
    for (const seq of side === "before" ? seqs.slice(0, -MAX_ROWS) : seqs.slice(MAX_ROWS)) {
      this.rows.get(seq)?.remove();
      this.rows.delete(seq);
    }
  }
}
