// What was written and not yet stored by the server: kept in the browser, sent strictly in order, safe to send twice.

const AGAIN = 2_000;

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("myweb", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("outbox", { keyPath: "client_id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

/** A version 4 UUID; `crypto.randomUUID` is missing where the house is reached by plain http. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Letters are `waiting`, `sending`, `sent` (stored, its event not seen yet) or `failed` with a `text`. Fires `change` and `refused`. */
export class Outbox extends EventTarget {
  constructor(socket, user) {
    super();
    this.socket = socket;
    this.user = user;
    this.letters = [];
    this.busy = false;
    this.slowed = false;
    this.book = database().catch(() => null); // private windows may have none: then it lives as long as the page
    socket.addEventListener("ready", () => this.flush());
  }

  async load() {
    const kept = await this.read();
    const mine = kept.filter((letter) => letter.user === this.user && !this.find(letter.client_id));
    this.letters = [...mine, ...this.letters].sort((one, other) => one.at - other.at);
    this.changed();
    this.flush();
  }

  find(clientId) { return this.letters.find((letter) => letter.client_id === clientId); }

  of(room) { return this.letters.filter((letter) => letter.room === room); }

  /** `reply` is {seq, author} of the message that this one answers, or null. */
  post(room, body, reply = null) {
    const at = Math.max(Date.now(), (this.letters.at(-1)?.at ?? 0) + 1);
    const letter = { client_id: uuid(), user: this.user, room, body, reply, at, state: "waiting", text: "" };
    this.letters.push(letter);
    this.write(letter);
    this.changed();
    this.flush();
    return letter;
  }

  again(clientId) {
    const letter = this.find(clientId);
    if (!letter) return;
    Object.assign(letter, { state: "waiting", text: "" });
    this.write(letter);
    this.changed();
    this.flush();
  }

  /** Forget a letter: its message has been seen in the room, or its writer gave it up. */
  drop(clientId) {
    const letter = this.find(clientId);
    if (!letter) return;
    this.letters = this.letters.filter((other) => other !== letter);
    this.erase(clientId);
    this.changed();
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      let letter;
      while (this.socket.ready && (letter = this.letters.find(({ state }) => state === "waiting"))) await this.sendOne(letter);
    } finally {
      this.busy = false;
      if (this.slowed) {
        this.slowed = false;
        this.changed();
      }
    }
  }

  async sendOne(letter) {
    letter.state = "sending";
    try {
      const { room, client_id, body, reply } = letter;
      const { seq } = await this.socket.send("message.send", { room, client_id, body, reply: reply?.seq });
      Object.assign(letter, { state: "sent", seq });
      this.erase(letter.client_id);
    } catch (error) {
      await this.refused(letter, error);
    }
    this.changed();
  }

  async refused(letter, error) {
    letter.state = error.retry ? "waiting" : "failed";
    letter.text = error.text;
    if (!error.retry) {
      this.write(letter);
      this.dispatchEvent(new CustomEvent("refused", { detail: letter }));
    } else if (this.socket.ready) await this.pause(error.wait);
  }

  /** Those behind wait too: the order stays. `wait` is in seconds, from a server that was asked for too much at once. */
  async pause(wait) {
    this.slowed ||= wait !== undefined;
    this.changed();
    await new Promise((resolve) => setTimeout(resolve, wait === undefined ? AGAIN : wait * 1_000));
  }

  /** What letters wait for, as a key of the page's strings. */
  get reason() {
    if (!this.socket.ready) return "waiting";
    return this.slowed ? "waiting_turn" : "sending";
  }

  changed() { this.dispatchEvent(new Event("change")); }

  async store(mode, work) {
    const book = await this.book;
    if (!book) return null;
    return new Promise((resolve) => {
      const request = work(book.transaction("outbox", mode).objectStore("outbox"));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    });
  }

  async read() {
    const letters = (await this.store("readonly", (store) => store.getAll())) ?? [];
    return letters.map((letter) => ({ ...letter, state: letter.state === "failed" ? "failed" : "waiting" }));
  }

  write(letter) { return this.store("readwrite", (store) => store.put({ ...letter })); }

  erase(clientId) { return this.store("readwrite", (store) => store.delete(clientId)); }
}
