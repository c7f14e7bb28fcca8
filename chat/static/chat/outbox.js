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

/** @param {OutboxItem} item */
const listFiles = (item) => item.files ?? [];

/**
 * Its items are `waiting`, `sending`, `sent` (stored, its event not seen yet) or `failed` with a `text`. One with files
 * waits until they are uploaded, and what follows in its room waits too. Fires `change` and `refused`.
 */
export class Outbox extends EventTarget {
  /**
   * @param {Socket} socket
   * @param {number} user
   * @param {Uploads | null} uploads
   */
  constructor(socket, user, uploads = null) {
    super();
    this.socket = socket;
    this.user = user;
    this.uploads = uploads;
    /** @type {OutboxItem[]} */
    this.items = [];
    this.isFlushing = false;
    this.isRateLimited = false;
    this.store = new PendingStore();
    socket.addEventListener("ready", () => { uploads?.wakeAll(); this.flush(); });
    uploads?.addEventListener("change", () => this.onUploads());
  }

  async load() {
    const kept = (await this.store.readAll()) ?? [];
    const mine = kept
      .filter((/** @type {OutboxItem} */ item) => item.user === this.user && !this.find(item.client_id))
      .map((/** @type {OutboxItem} */ item) => this.restoreItem(item));
    const files = new Set(mine.flatMap((/** @type {OutboxItem} */ item) => listFiles(item).map(({ id }) => id)));
    const unsent = await this.uploads?.load(files);
    this.items = [...mine, ...this.items].sort((one, other) => one.at - other.at);
    this.onUploads();
    this.emitChange();
    this.flush();
    return unsent ?? [];
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
   * @param {PendingFile[]} files
   */
  post(room, body, reply = null, files = []) {
    const at = Math.max(Date.now(), (this.items.at(-1)?.at ?? 0) + 1);
    /** @type {OutboxItem} */
    const item = { ...NEW_ITEM, client_id: createUuid(), user: this.user, room, body, reply, at };
    if (files.length) item.files = files;
    this.items.push(item);
    this.requeue(item);
    return item;
  }

  /** @param {string} clientId */
  retry(clientId) {
    const item = this.find(clientId);
    if (!item) return;
    for (const { id } of listFiles(item)) this.uploads?.retry(id);
    this.requeue(Object.assign(item, NEW_ITEM));
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
      this.forget(item);
      this.post(item.room, body, item.reply ?? null, item.files);
    } else if (item.state === "waiting" && !item.tried) this.requeue(Object.assign(item, { body }));
    else return false;
    return true;
  }

  /**
   * Its message has been seen in the room.
   * @param {string} clientId
   */
  remove(clientId) {
    const item = this.find(clientId);
    if (!item) return;
    this.forget(item);
    for (const { id } of listFiles(item)) this.uploads?.release(id);
  }

  /**
   * Its author does not want it.
   * @param {string} clientId
   */
  discard(clientId) {
    const item = this.find(clientId);
    if (!item) return;
    this.forget(item);
    for (const { id } of listFiles(item)) this.uploads?.discard(id);
  }

  /** @param {OutboxItem} item */
  forget(item) {
    this.items = this.items.filter((other) => other !== item);
    this.store.erase(item.client_id);
    this.emitChange();
  }

  /**
   * The message goes without one of its files, unless it may be under way.
   * @param {string} clientId
   * @param {string} file
   */
  discardFile(clientId, file) {
    const item = this.find(clientId);
    if (!item || item.state === "sending" || item.state === "sent") return;
    const files = listFiles(item).filter(({ id }) => id !== file);
    if (!files.length && !item.body) return this.discard(clientId);
    this.uploads?.discard(file);
    this.requeue(Object.assign(item, NEW_ITEM, { files }));
  }

  /**
   * A file that failed once more, and with it its message.
   * @param {string} clientId
   * @param {string} file
   */
  retryFile(clientId, file) {
    const item = this.find(clientId);
    if (!item) return;
    this.uploads?.retry(file);
    if (this.getFilesState(item) === "waiting") this.requeue(Object.assign(item, NEW_ITEM));
    this.emitChange();
  }

  /** @param {OutboxItem} item */
  getFilesState(item) {
    const files = listFiles(item);
    return files.length && this.uploads ? this.uploads.getState(files) : "done";
  }

  /** A message fails with its files, and one that another tab has sent is none of this one's. */
  onUploads() {
    for (const item of this.items.filter(({ state }) => state === "waiting")) {
      const state = this.getFilesState(item);
      if (state === "gone") this.items = this.items.filter((other) => other !== item);
      if (state === "failed") this.fail(item);
    }
    this.emitChange();
    this.flush();
  }

  /** @param {OutboxItem} item */
  fail(item) {
    const files = listFiles(item).map(({ id, name }) => ({ name, upload: this.uploads?.get(id) }));
    const failed = files.find(({ upload }) => !upload || upload.state === "failed");
    const reason = failed?.upload ? failed.upload.text : t("file_lost");
    Object.assign(item, { state: "failed", text: `${failed?.name}: ${reason}` });
    this.store.write(item);
    this.dispatchEvent(new CustomEvent("refused", { detail: item }));
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
      while (this.socket.ready && (item = this.findNext())) await this.sendOne(item);
    } finally {
      this.isFlushing = false;
      if (this.isRateLimited) {
        this.isRateLimited = false;
        this.emitChange();
      }
    }
  }

  /** The first that can be sent. Rooms do not wait for each other's files. */
  findNext() {
    const held = new Set();
    return this.items.find((item) => {
      if (item.state !== "waiting" || held.has(item.room)) return false;
      const isReady = this.getFilesState(item) === "done";
      if (!isReady) held.add(item.room);
      return isReady;
    });
  }

  /**
   * Its own files, or those of a message before it in the room.
   * @param {OutboxItem} item
   */
  waitsForFiles(item) {
    if (item.state !== "waiting") return false;
    return this.items.some(
      (other) => other.room === item.room && other.at <= item.at && this.getFilesState(other) === "waiting",
    );
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
      const files = item.files?.map(({ id }) => this.uploads?.get(id)?.serverId);
      const command = { room, client_id, body, reply: reply?.seq, files };
      const { seq, message } = await this.socket.send("message.send", command);
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

  /**
   * What a message waits for, as a key of the page's strings.
   * @param {OutboxItem} item
   */
  getWaitingReason(item) {
    if (this.getFilesState(item) === "waiting") return "waiting_files";
    if (!this.socket.ready) return "waiting";
    if (this.waitsForFiles(item)) return "waiting_earlier";
    return this.isRateLimited ? "waiting_turn" : "sending";
  }

  emitChange() { this.dispatchEvent(new Event("change")); }
}
