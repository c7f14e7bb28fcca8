// The files that this tab uploads. They begin as soon as they are chosen, survive a reload, and belong to the box of a
// room or to a message in the outbox.
import { createUuid } from "./outbox.js";
import { session } from "./storage.js";
import { Upload } from "./upload.js";
import { UploadStore } from "./upload_store.js";

const MOST_AT_ONCE = 2;
const KEPT = 24 * 3_600_000; // ms, of files that nobody sent

/** Two tabs have files of their own in the box of one room. */
function readTabId() {
  const id = session.get("tab") ?? createUuid();
  session.set("tab", id);
  return id;
}

/** Fires `change` when a file is there or gone, or its state is another. */
export class Uploads extends EventTarget {
  /** @type {Map<string, Upload>} */
  uploads = new Map();
  /** @type {Upload[]} */
  queue = [];
  running = 0;
  store = new UploadStore();
  tab = readTabId();

  /**
   * @param {number} user
   * @param {boolean} mayStart false on a page that was opened without a network: it has no token
   */
  constructor(user, mayStart = true) {
    super();
    this.user = user;
    this.mayStart = mayStart;
    addEventListener("online", () => this.wakeAll());
  }

  /** @param {string} id */
  get(id) { return this.uploads.get(id); }

  /**
   * What an earlier page has left.
   * @param {Set<string>} sent ids of files whose messages are in the outbox
   * @returns {Promise<Upload[]>} those that are not: they belong to the boxes of their rooms
   */
  async load(sent) {
    const unsent = [];
    const found = (await this.store.readAll()).sort((one, other) => one.record.at - other.record.at);
    for (const { record, file } of found) {
      if (record.user !== this.user) continue;
      const isMine = sent.has(record.id) || record.tab === this.tab;
      if (isMine && file && !this.uploads.has(record.id)) {
        const upload = this.adopt(new Upload(record, file, this.store), true);
        if (!sent.has(record.id)) unsent.push(upload);
      } else if (!isMine && record.at < Date.now() - KEPT) this.store.erase(record.id);
    }
    return unsent;
  }

  /**
   * @param {number} room
   * @param {File} file
   */
  add(room, file) {
    const { user, tab } = this;
    const at = Math.max(Date.now(), ([...this.uploads.values()].at(-1)?.record.at ?? 0) + 1);
    const record = { id: createUuid(), user, tab, room, name: file.name, size: file.size, at, url: "" };
    const upload = new Upload(record, file, this.store);
    this.store.add(record, file).then((stored) => {
      if (!this.uploads.has(record.id)) this.store.erase(record.id);
      else upload.isStored = stored;
      if (stored && upload.record.url) this.store.write(upload.record);
    });
    return this.adopt(upload, false);
  }

  /**
   * @param {Upload} upload
   * @param {boolean} isStored
   */
  adopt(upload, isStored) {
    upload.isStored = isStored;
    this.uploads.set(upload.id, upload);
    upload.addEventListener("state", () => this.emitChange());
    this.start(upload);
    this.emitChange();
    return upload;
  }

  /** @param {Upload} upload */
  start(upload) {
    this.queue.push(upload);
    this.runNext();
  }

  async runNext() {
    if (!this.mayStart || this.running >= MOST_AT_ONCE) return;
    const upload = this.queue.shift();
    if (!upload) return;
    this.running += 1;
    await upload.run().catch(() => {}); // it was stopped
    this.running -= 1;
    this.runNext();
  }

  /** The network may be back. */
  wakeAll() { for (const upload of this.uploads.values()) upload.wake(); }

  /**
   * Once more, also one that the server seems to have.
   * @param {string} id
   */
  retry(id) {
    const old = this.get(id);
    if (!old || old.state === "waiting" || old.state === "sending") return;
    old.setState("waiting");
    this.start(old);
  }

  /**
   * A picture is sent unchanged, or again as others are.
   * @param {string} id
   */
  toggleAsIs(id) {
    const upload = this.get(id);
    if (!upload || upload.state === "gone") return;
    this.queue = this.queue.filter((other) => other !== upload);
    upload.restart(!upload.record.asIs);
    this.start(upload);
  }

  /**
   * What the files of a message are together.
   * @param {PendingFile[]} files
   * @returns {"done" | "waiting" | "failed" | "gone"}
   */
  getState(files) {
    const states = files.map(({ id }) => this.get(id)?.state ?? "failed");
    if (states.includes("gone")) return "gone";
    if (states.includes("failed")) return "failed";
    return states.every((state) => state === "done") ? "done" : "waiting";
  }

  /**
   * Its message is stored: the server has it.
   * @param {string} id
   */
  release(id) {
    this.get(id)?.stop();
    this.uploads.delete(id);
    this.store.erase(id);
    this.emitChange();
  }

  /**
   * Its writer does not want it.
   * @param {string} id
   */
  discard(id) {
    this.get(id)?.cancel();
    this.release(id);
  }

  emitChange() { this.dispatchEvent(new Event("change")); }
}
