// What was written and not yet stored by the server: kept in the browser, sent strictly in order, safe to send twice.
import { LetterStore } from "./letter-store.js";
import { request } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";

const AGAIN = 2_000;
const MOST_LOSSES = 2; // connections that ended while this letter was under way and HTTP went on
const MOST_TRIES = 5; // without any answer, each right after the server had answered a ping
const HTTP_PATIENCE = 5_000;
const CLOSED_BY_SITE = 4000; // and above: the server is well and says why

/** A version 4 UUID; `crypto.randomUUID` is missing where the house is reached by plain http. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Any answer will do: where HTTP works, it was not the network that ended a socket. */
async function httpAnswers() {
  try {
    await request(urls.manifest, { cache: "no-store", signal: AbortSignal.timeout(HTTP_PATIENCE) });
    return true;
  } catch (error) {
    return error.status !== null;
  }
}

// `tries`: sent without any answer, `lost`: of those, what may have ended the server, `pending`: under way, `tried`:
// ever sent.
const fresh = { state: "waiting", text: "", tries: 0, lost: 0, pending: false };

/**
 * Letters are `waiting`, `sending`, `sent` (stored, its event not seen yet) or `failed` with a `text`. Fires `change`
 * and `refused`.
 */
export class Outbox extends EventTarget {
  constructor(socket, user) {
    super();
    this.socket = socket;
    this.user = user;
    this.letters = [];
    this.busy = false;
    this.slowed = false;
    this.store = new LetterStore();
    socket.addEventListener("ready", () => this.flush());
  }

  async load() {
    const kept = (await this.store.readAll()) ?? [];
    const mine = kept
      .filter((letter) => letter.user === this.user && !this.find(letter.client_id))
      .map((letter) => this.revive(letter));
    this.letters = [...mine, ...this.letters].sort((one, other) => one.at - other.at);
    this.changed();
    this.flush();
  }

  /**
   * A letter of an earlier page. Was that page left while the letter was under way, it may be what made people leave.
   */
  revive(letter) {
    const state = letter.state === "failed" ? "failed" : "waiting";
    return { ...fresh, ...letter, state, lost: (letter.lost ?? 0) + (letter.pending ? 1 : 0), pending: false };
  }

  find(clientId) { return this.letters.find((letter) => letter.client_id === clientId); }

  of(room) { return this.letters.filter((letter) => letter.room === room); }

  /** `reply` is {seq, author} of the message that this one answers, or null. */
  post(room, body, reply = null) {
    const at = Math.max(Date.now(), (this.letters.at(-1)?.at ?? 0) + 1);
    const letter = { ...fresh, client_id: uuid(), user: this.user, room, body, reply, at };
    this.letters.push(letter);
    this.renew(letter);
    return letter;
  }

  again(clientId) {
    const letter = this.find(clientId);
    if (letter) this.renew(Object.assign(letter, fresh));
  }

  renew(letter) {
    this.store.write(letter);
    this.changed();
    this.flush();
  }

  /** Changes the words of a letter that no server can have. Says whether that could be done. */
  rewrite(letter, body) {
    if (letter.state === "failed") {
      this.drop(letter.client_id);
      this.post(letter.room, body, letter.reply);
    } else if (letter.state === "waiting" && !letter.tried) this.renew(Object.assign(letter, { body }));
    else return false;
    return true;
  }

  /** Forget a letter: its message has been seen in the room, or its writer gave it up. */
  drop(clientId) {
    const letter = this.find(clientId);
    if (!letter) return;
    this.letters = this.letters.filter((other) => other !== letter);
    this.store.erase(clientId);
    this.changed();
  }

  /** Resolves when a letter is under way no more: with its message's number, or null. */
  async settled(clientId) {
    for (;;) {
      const letter = this.find(clientId);
      if (!letter || letter.state === "failed") return null;
      if (letter.state === "sent") return letter.id;
      await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
    }
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      let letter;
      while (this.socket.ready && (letter = this.letters.find(({ state }) => state === "waiting")))
        await this.sendOne(letter);
    } finally {
      this.busy = false;
      if (this.slowed) {
        this.slowed = false;
        this.changed();
      }
    }
  }

  /**
   * A letter that was lost before is sent only to a server that has just answered, so that a second loss means
   * something.
   */
  async sendOne(letter) {
    if (letter.tries && !(await this.socket.ping())) return;
    letter.state = "sending";
    const counted = await this.store.countTry(letter);
    if (counted?.state === "failed") Object.assign(letter, counted); // by another tab
    else {
      Object.assign(letter, { tries: counted?.tries ?? letter.tries + 1, pending: true, tried: true });
      await this.exchange(letter);
    }
    this.changed();
  }

  async exchange(letter) {
    try {
      const { room, client_id, body, reply } = letter;
      const { seq, message } = await this.socket.send("message.send", { room, client_id, body, reply: reply?.seq });
      Object.assign(letter, { state: "sent", seq, id: message });
      this.store.erase(letter.client_id);
    } catch (error) {
      await this.refused(letter, error);
    }
  }

  async refused(letter, error) {
    const silent = error.code === "timeout" && !(await this.socket.ping());
    Object.assign(letter, { state: error.retry ? "waiting" : "failed", text: error.text, pending: false });
    if (silent || error.closeCode !== undefined) await this.judge(letter, error);
    else if (error.code === "offline") letter.tries -= 1; // it was not sent at all
    else Object.assign(letter, { tries: 0, lost: 0 });
    this.store.write(letter);
    if (letter.state === "failed") this.dispatchEvent(new CustomEvent("refused", { detail: letter }));
    else if (this.socket.ready) await this.pause(error.wait);
  }

  /**
   * The connection ended before the answer. Networks do that, and so does a server that the letter ended: that one
   * gets it twice.
   */
  async judge(letter, { closeCode = 0 }) {
    if (closeCode >= CLOSED_BY_SITE || !navigator.onLine) letter.tries -= 1;
    else if (await httpAnswers()) letter.lost += 1;
    if (letter.lost < MOST_LOSSES && letter.tries < MOST_TRIES) return;
    Object.assign(letter, { state: "failed", text: t("ended_server") });
  }

  /**
   * Those behind wait too: the order stays. `wait` is in seconds, from a server that was asked for too much at once.
   */
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
}
