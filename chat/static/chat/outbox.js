// Messages that the server has not stored yet. The browser keeps them and sends them in order; twice is safe.
import { PendingStore } from "./pending_store.js";
import { request } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";

const RETRY_DELAY = 2_000;
const MAX_LOSSES = 2; // connections lost while this message was being sent, although HTTP still worked
const MAX_TRIES = 5; // tries without a reply, each directly after a reply to a ping
const HTTP_TIMEOUT = 5_000;
const CLOSED_BY_SITE = 4000; // and above: the server closed the connection and gave its reason

/** A version 4 UUID; `crypto.randomUUID` is missing where the site is reached by plain http. */
export function createUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Any answer will do: where HTTP works, it was not the network that ended a socket. */
async function checkHttp() {
  try {
    await request(urls.manifest, { cache: "no-store", signal: AbortSignal.timeout(HTTP_TIMEOUT) });
    return true;
  } catch (error) {
    return /** @type {ApiError} */ (error).status !== null;
  }
}

// `tries`: sent without any answer, `lost`: of those, what may have ended the server, `pending`: under way, `tried`:
// ever sent.
/** @type {Pick<OutboxItem, "state" | "text" | "tries" | "lost" | "pending">} */
const NEW_ITEM = { state: "waiting", text: "", tries: 0, lost: 0, pending: false };

/**
 * Its items are `waiting`, `sending`, `sent` (stored, its event not seen yet) or `failed` with a `text`. Fires `change`
 * and `refused`.
 */
export class Outbox extends EventTarget {
  /**
   * @param {Socket} socket
   * @param {number} user
   */
  constructor(socket, user) {
    super();
    this.socket = socket;
    this.user = user;
    /** @type {OutboxItem[]} */
    this.items = [];
    this.isFlushing = false;
    this.isRateLimited = false;
    this.store = new PendingStore();
    socket.addEventListener("ready", () => this.flush());
  }

  async load() {
    const kept = (await this.store.readAll()) ?? [];
    const mine = kept
      .filter((/** @type {OutboxItem} */ item) => item.user === this.user && !this.find(item.client_id))
      .map((/** @type {OutboxItem} */ item) => this.restoreItem(item));
    this.items = [...mine, ...this.items].sort((one, other) => one.at - other.at);
    this.emitChange();
    this.flush();
  }

  /**
   * A pending message of an earlier page. Was that page left while the message was under way, it may be what made
   * people leave.
   * @param {OutboxItem} item
   */
  restoreItem(item) {
    const state = item.state === "failed" ? "failed" : "waiting";
    return { ...NEW_ITEM, ...item, state, lost: (item.lost ?? 0) + (item.pending ? 1 : 0), pending: false };
  }

  /** @param {string} clientId */
  find(clientId) { return this.items.find((item) => item.client_id === clientId); }

  /** @param {number} room */
  itemsOf(room) { return this.items.filter((item) => item.room === room); }

  /**
   * `reply` is {seq, author} of the message that this one answers, or null.
   * @param {number} room
   * @param {string} body
   * @param {Reply | null} reply
   */
  post(room, body, reply = null) {
    const at = Math.max(Date.now(), (this.items.at(-1)?.at ?? 0) + 1);
    const item = { ...NEW_ITEM, client_id: createUuid(), user: this.user, room, body, reply, at };
    this.items.push(item);
    this.requeue(item);
    return item;
  }

  /** @param {string} clientId */
  retry(clientId) {
    const item = this.find(clientId);
    if (item) this.requeue(Object.assign(item, NEW_ITEM));
  }

  /** @param {OutboxItem} item */
  requeue(item) {
    this.store.write(item);
    this.emitChange();
    this.flush();
  }

  /**
   * Changes the words of a pending message that no server can have. Says whether that could be done.
   * @param {OutboxItem} item
   * @param {string} body
   */
  changeBody(item, body) {
    if (item.state === "failed") {
      this.remove(item.client_id);
      this.post(item.room, body, item.reply ?? null);
    } else if (item.state === "waiting" && !item.tried) this.requeue(Object.assign(item, { body }));
    else return false;
    return true;
  }

  /**
   * Forget a pending message: its message has been seen in the room, or its author discarded it.
   * @param {string} clientId
   */
  remove(clientId) {
    const item = this.find(clientId);
    if (!item) return;
    this.items = this.items.filter((other) => other !== item);
    this.store.erase(clientId);
    this.emitChange();
  }

  /**
   * Resolves when a pending message is under way no more: with its message's number, or null.
   * @param {string} clientId
   */
  async waitUntilSent(clientId) {
    for (;;) {
      const item = this.find(clientId);
      if (!item || item.state === "failed") return null;
      if (item.state === "sent") return item.id;
      await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
    }
  }

  async flush() {
    if (this.isFlushing) return;
    this.isFlushing = true;
    try {
      let item;
      while (this.socket.ready && (item = this.items.find(({ state }) => state === "waiting")))
        await this.sendOne(item);
    } finally {
      this.isFlushing = false;
      if (this.isRateLimited) {
        this.isRateLimited = false;
        this.emitChange();
      }
    }
  }

  /**
   * A pending message that was lost before is sent only to a server that has just answered, so that a second loss means
   * something.
   * @param {OutboxItem} item
   */
  async sendOne(item) {
    if (item.tries && !(await this.socket.ping())) return;
    item.state = "sending";
    const counted = await this.store.countTry(item);
    if (counted?.state === "failed") Object.assign(item, counted); // by another tab
    else {
      Object.assign(item, { tries: counted?.tries ?? item.tries + 1, pending: true, tried: true });
      await this.sendCommand(item);
    }
    this.emitChange();
  }

  /** @param {OutboxItem} item */
  async sendCommand(item) {
    try {
      const { room, client_id, body, reply } = item;
      const { seq, message } = await this.socket.send("message.send", { room, client_id, body, reply: reply?.seq });
      Object.assign(item, { state: "sent", seq, id: message });
      this.store.erase(item.client_id);
    } catch (error) {
      await this.onError(item, /** @type {CommandError} */ (error));
    }
  }

  /**
   * @param {OutboxItem} item
   * @param {CommandError} error
   */
  async onError(item, error) {
    const silent = error.code === "timeout" && !(await this.socket.ping());
    Object.assign(item, { state: error.retry ? "waiting" : "failed", text: error.text, pending: false });
    if (silent || error.closeCode !== undefined) await this.onConnectionLost(item, error);
    else if (error.code === "offline") item.tries -= 1; // it was not sent at all
    else Object.assign(item, { tries: 0, lost: 0 });
    this.store.write(item);
    if (item.state === "failed") this.dispatchEvent(new CustomEvent("refused", { detail: item }));
    else if (this.socket.ready) await this.delayNext(error.wait);
  }

  /**
   * The connection ended before the answer. Networks do that, and so does a server that the message ended: that one
   * gets it twice.
   * @param {OutboxItem} item
   * @param {CommandError} error
   */
  async onConnectionLost(item, { closeCode }) {
    if ((closeCode ?? 0) >= CLOSED_BY_SITE || !navigator.onLine) item.tries -= 1;
    else if (await checkHttp()) item.lost += 1;
    if (item.lost < MAX_LOSSES && item.tries < MAX_TRIES) return;
    Object.assign(item, { state: "failed", text: t("ended_server") });
  }

  /**
   * Those behind wait too: the order stays. `wait` is in seconds, from a server whose rate limit was reached.
   * @param {number | undefined} wait
   */
  async delayNext(wait) {
    this.isRateLimited ||= wait !== undefined;
    this.emitChange();
    await new Promise((resolve) => setTimeout(resolve, wait === undefined ? RETRY_DELAY : wait * 1_000));
  }

  /** What messages wait for, as a key of the page's strings. */
  get waitingReason() {
    if (!this.socket.ready) return "waiting";
    return this.isRateLimited ? "waiting_turn" : "sending";
  }

  emitChange() { this.dispatchEvent(new Event("change")); }
}
