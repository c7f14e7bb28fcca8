// Copies of what is on the screen, to be read without a network. How many are kept is in myweb/offline_store.js.
// Ends a page that was opened from a copy when the network is back.
import { fetchPage } from "../myweb/api.js";
import { OfflineStore } from "../myweb/offline_store.js";
import { config, isTextField, me } from "./page.js";

/** @import { OfflineCopy } from "../myweb/offline_store.js" */

const FIRST_DELAY = 3_000; // ms, from the beginning of a view to its first copy
const INTERVAL = 20_000; // ms between two copies of the same view
const MAX_LINES = 200; // of the sidebar
const MAX_MESSAGES = 60;
const MAX_MEMBERS = 200; // further ones only if they wrote something
const MAX_SIZE = 400_000; // characters of a copy's JSON
const NO_ACCESS = [4101, 4102, 4103]; // signed out, another user, deactivated

/** @type {(work: () => void) => void} */
const whenIdle = window.requestIdleCallback ?? ((work) => setTimeout(work));

/**
 * A copy of a room: its newest messages, and the members that they name.
 * @param {Room} room
 * @param {{ rev: number | null, epoch: string }} position
 */
export function copyRoom(room, { rev, epoch }) {
  const messages = room.tail.messages.slice(-MAX_MESSAGES);
  const named = new Set(messages.flatMap(({ author, reply }) => [author, reply?.author]));
  const members = [...room.members.values()].filter((member, index) => index < MAX_MEMBERS || named.has(member.id));
  const more = room.tail.before || messages.length < room.tail.messages.length;
  return { id: room.id, rev, epoch, snapshot: { room: room.state, members, messages, more } };
}

export class OfflineCopies {
  /** @type {(() => Omit<OfflineCopy, "at"> | null) | null} */
  take = null;
  timer = 0;
  writtenAt = 0;
  mayWrite = false; // once the store is this user's; never on a page that was opened without a network
  store = new OfflineStore();

  /**
   * @param {Socket} socket
   * @param {Sidebar} sidebar
   */
  constructor(socket, sidebar) {
    this.socket = socket;
    this.sidebar = sidebar;
  }

  /** Who may not read them any more must not find them. */
  listenForEnd() {
    this.socket.addEventListener("state", () => NO_ACCESS.includes(this.socket.closeCode ?? 0) && this.end());
    document.addEventListener("submit", ({ target }) => {
      if (target instanceof HTMLFormElement && "signsOut" in target.dataset) this.end();
    });
  }

  /** After the page is complete: it must not wait for this. */
  start() {
    if (!config.service_worker) return void this.end();
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush());
    addEventListener("pagehide", () => this.flush());
    this.store.claim(this.user).then(() => { this.mayWrite = true; this.note(); });
  }

  get user() {
    const rooms = this.sidebar.order.slice(0, MAX_LINES);
    return { user: me.id, epoch: config.epoch, me: { ...me, rooms }, config };
  }

  /**
   * `take()` copies what is on the screen from now on. A view that ends without another one passes null.
   * @param {(() => Omit<OfflineCopy, "at"> | null) | null} take
   */
  watch(take) {
    this.flush();
    this.take = take;
    this.writtenAt = performance.now() - INTERVAL + FIRST_DELAY;
    this.note();
  }

  /** What is on the screen has changed. */
  note() {
    if (this.timer || !this.mayWrite || !this.take) return;
    const wait = Math.max(0, this.writtenAt + INTERVAL - performance.now());
    this.timer = setTimeout(() => whenIdle(() => this.flush()), wait);
  }

  flush() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = 0;
    const copy = this.take?.();
    if (!copy) return;
    if (copy.epoch && copy.epoch !== config.epoch) return void this.end(); // a backup was restored meanwhile
    this.writtenAt = performance.now();
    const at = this.socket.since ? Number(this.socket.since) : Date.now();
    if (JSON.stringify(copy).length <= MAX_SIZE) this.store.write(this.user, /** @type {any} */ ({ ...copy, at }));
  }

  end() {
    this.mayWrite = false;
    this.take = null;
    return this.store.wipe(me.id);
  }
}

const isWriting = () => {
  const field = /** @type {any} */ (document.activeElement);
  return isTextField(field) && Boolean(field.value);
};

/**
 * A page that was opened without a network becomes the real one, once everything that was written in it is sent. Files
 * are uploaded by that one.
 * @param {Socket} socket
 * @param {Outbox} outbox
 * @param {Promise<unknown>} loaded
 */
export function reloadWhenBack(socket, outbox, loaded) {
  async function check() {
    await loaded;
    const isSending = outbox.items.some(
      (item) => item.state === "sending" || (item.state === "waiting" && !outbox.waitsForFiles(item)),
    );
    if (!socket.ready || isSending || isWriting()) return;
    const page = await fetchPage(location.href).catch(() => null);
    if (page?.ok) location.reload();
  }

  socket.addEventListener("ready", check);
  outbox.addEventListener("change", check);
  document.addEventListener("focusout", check);
}
