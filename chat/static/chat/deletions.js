// Deletions that wait for Undo, for UNDO_TIME of myweb/toast.js. The browser keeps them until the server has
// confirmed them: a page that goes sends its own, and a later page sends what did not arrive. The server deletes a
// message once, however often it is asked.
import { postJson } from "../myweb/api.js";
import { urls } from "../myweb/urls.js";
import { UNDO_TIME } from "../myweb/toast.js";
import { me } from "./page.js";
import { local } from "./storage.js";

const RETRY_TIME = 20_000;
const KEY = `deletions:${me.id}`;

/** @returns {Map<number, number>} when each message is to be deleted, in ms */
const readDueTimes = () => new Map(local.getJson(KEY) ?? []);
/** @param {(dueTimes: Map<number, number>) => void} change */
function changeDueTimes(change) {
  const dueTimes = readDueTimes();
  change(dueTimes);
  if (dueTimes.size) local.setJson(KEY, [...dueTimes]);
  else local.remove(KEY);
}

const hidden = new Set(readDueTimes().keys()); // ids of messages that this page shows as deleted
/** @param {number} id */
export const isBeingDeleted = (id) => hidden.has(id);

/** Fires `change` with the id of a message that looks different now, `sent`, and `refused` with the server's error. */
export class Deletions extends EventTarget {
  /** @type {number | null} */
  undoable = null;
  /** @type {Set<number>} */
  sending = new Set();
  timer = 0;

  /** @param {Socket} socket */
  constructor(socket) {
    super();
    this.socket = socket;
    socket.addEventListener("ready", () => this.sendDue());
    addEventListener("pagehide", () => this.sendLeaving());
    this.sendDue();
  }

  /** @param {number} id */
  schedule(id) {
    this.finish();
    this.undoable = id;
    changeDueTimes((dueTimes) => dueTimes.set(id, Date.now() + UNDO_TIME));
    this.show(id, false);
    this.timer = setTimeout(() => this.finish(), UNDO_TIME);
  }

  undo() {
    if (this.undoable === null) return;
    const id = this.takeUndoable();
    changeDueTimes((dueTimes) => dueTimes.delete(id));
    this.show(id, true);
  }

  /** From now on there is no Undo. */
  finish() { if (this.undoable !== null) this.send(this.takeUndoable()); }

  takeUndoable() {
    const id = /** @type {number} */ (this.undoable);
    clearTimeout(this.timer);
    this.undoable = null;
    this.dispatchEvent(new Event("sent"));
    return id;
  }

  /** @param {number} id */
  async send(id) {
    if (this.sending.has(id)) return;
    this.sending.add(id);
    try {
      await this.socket.send("message.delete", { message: id });
      changeDueTimes((dueTimes) => dueTimes.delete(id));
    } catch (caught) {
      this.onError(id, /** @type {CommandError} */ (caught));
    }
    this.sending.delete(id);
  }

  /**
   * @param {number} id
   * @param {CommandError} error
   */
  onError(id, error) {
    if (error.retry) {
      if (error.code !== "offline") setTimeout(() => this.sendDue(), RETRY_TIME);
      return;
    }
    changeDueTimes((dueTimes) => dueTimes.delete(id));
    if (error.code === "not_found") return; // another request has deleted it
    this.show(id, true);
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
  }

  /** What an earlier page left, or what the connection did not take. Another tab may still offer Undo. */
  sendDue() {
    const now = Date.now();
    for (const [id, due] of readDueTimes()) {
      if (id === this.undoable) continue;
      if (due <= now) this.send(id);
      else setTimeout(() => this.sendDue(), Math.min(due - now, UNDO_TIME));
    }
  }

  /** The page goes: the browser sends the request without it. */
  sendLeaving() {
    if (this.undoable === null) return;
    postJson(urls.deleteMessage(this.takeUndoable()), "{}", { keepalive: true }).catch(() => {});
  }

  /**
   * @param {number} id
   * @param {boolean} shown
   */
  show(id, shown) {
    if (shown) hidden.delete(id);
    else hidden.add(id);
    this.dispatchEvent(new CustomEvent("change", { detail: id }));
  }
}
