// The end of the conversation that is not stored yet: my own messages, on their way.
import { newRow, paintLetter } from "./message.js";

export class Letters {
  constructor(timeline, outbox) {
    this.timeline = timeline;
    this.outbox = outbox;
    this.place = timeline.querySelector(".timeline__letters");
    this.rows = new Map();
    this.place.addEventListener("click", (event) => this.clicked(event));
    outbox.addEventListener("change", () => timeline.room && timeline.scroller.keep(() => this.draw()));
  }

  get any() { return this.rows.size > 0; }

  /** Its message is in the room: the letter has done its work. */
  arrived(clientId) { if (this.outbox.find(clientId)) this.outbox.drop(clientId); }

  draw() {
    const { room } = this.timeline;
    if (!this.any && !this.outbox.of(room.id).length) return;
    const letters = this.timeline.showsEnd || !room.loaded ? this.unseen(room) : [];
    const kept = new Map(letters.map((letter) => [letter.client_id, this.rows.get(letter.client_id) ?? newRow()]));
    for (const [clientId, row] of this.rows) if (kept.get(clientId) !== row) row.remove();
    this.rows = kept;
    let previous = room.tail.messages.at(-1);
    for (const letter of letters) {
      const row = kept.get(letter.client_id);
      paintLetter(row, letter, previous, this.outbox.reason, room);
      if (!row.isConnected) this.place.append(row);
      previous = { author: letter.user, at: new Date(letter.at).toISOString() };
    }
  }

  unseen(room) {
    const stored = new Set(room.tail.messages.map((message) => message.client_id));
    const seen = (letter) => stored.has(letter.client_id) || (letter.state === "sent" && letter.seq <= room.tail.last);
    return this.outbox.of(room.id).filter((letter) => !seen(letter));
  }

  clicked(event) {
    const action = event.target.closest("[data-letter]")?.dataset.letter;
    const clientId = event.target.closest("[data-client-id]")?.dataset.clientId;
    if (action === "again") this.outbox.again(clientId);
    if (action === "drop") this.outbox.drop(clientId);
  }
}
