// The end of the conversation that is not stored yet: my own messages, on their way.
import { findElement } from "../myweb/elements.js";
import { createRow, paintPending } from "./message.js";

export class PendingMessages {
  /**
   * @param {Timeline} timeline
   * @param {Outbox} outbox
   */
  constructor(timeline, outbox) {
    this.timeline = timeline;
    this.outbox = outbox;
    this.place = findElement(timeline.root, ".timeline__pending", HTMLElement);
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.place.addEventListener("click", (/** @type {any} */ event) => this.onClick(event));
    outbox.addEventListener("change", () => timeline.room && timeline.scroller.keepPosition(() => this.redraw()));
  }

  get hasRows() { return this.rows.size > 0; }

  /**
   * Its message is in the room: the item is done.
   * @param {string} clientId
   */
  onStored(clientId) { if (this.outbox.find(clientId)) this.outbox.remove(clientId); }

  redraw() {
    const { room } = this.timeline;
    if (!this.hasRows && !this.outbox.itemsOf(room.id).length) return;
    const items = this.timeline.showsEnd || !room.loaded ? this.findUnstored(room) : [];
    const kept = new Map(items.map((item) => [item.client_id, this.rows.get(item.client_id) ?? createRow()]));
    for (const [clientId, row] of this.rows) if (kept.get(clientId) !== row) row.remove();
    this.rows = kept;
    /** @type {MessageHead | undefined} */
    let previous = room.tail.messages.at(-1);
    for (const item of items) {
      const row = kept.get(item.client_id);
      if (!row) continue;
      paintPending(row, item, previous, this.outbox, room);
      if (!row.isConnected) this.place.append(row);
      previous = { author: item.user, at: new Date(item.at).toISOString() };
    }
  }

  /** @param {Room} room */
  findUnstored(room) {
    const stored = new Set(room.tail.messages.map((message) => message.client_id));
    /** @param {OutboxItem} item */
    const seen = (item) => stored.has(item.client_id) || (item.state === "sent" && (item.seq ?? 0) <= room.tail.last);
    return this.outbox.itemsOf(room.id).filter((item) => !seen(item));
  }

  /** @param {any} event */
  onClick(event) {
    const action = event.target.closest("[data-pending-action]")?.dataset.pendingAction;
    const clientId = event.target.closest("[data-client-id]")?.dataset.clientId;
    const fileAction = event.target.closest("[data-file-action]")?.dataset.fileAction;
    const file = event.target.closest("[data-upload]")?.dataset.upload;
    if (fileAction === "again") this.outbox.retryFile(clientId, file);
    if (fileAction === "remove") this.outbox.discardFile(clientId, file);
    if (action === "again") this.outbox.retry(clientId);
    if (action === "drop") this.outbox.discard(clientId);
  }
}
