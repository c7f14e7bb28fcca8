// One file on its way to the server, by the core of tus 1.0: pieces with an offset, so that a cut or a reload costs at
// most a piece.
import { request, requestChange, requestTracked } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";
import { urls } from "../myweb/urls.js";

const PIECE = 8 * 1024 * 1024; // bytes
const VERSION = { "Tus-Resumable": "1.0.0" };
const PAUSES = [1_000, 2_000, 5_000, 10_000, 30_000]; // ms, between tries without progress
const LOST = [404, 410]; // the server forgets what nobody finished
const TEMPORARY = [408, 409, 423, 425, 429];
const FULL = 507;

/** @param {string} text */
const encodeBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/**
 * One tab uploads a file, the others wait for it. Without locks, as by plain http, the offset keeps them apart.
 * @param {string} name
 * @param {() => Promise<void>} work
 */
const withLock = (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work());

/**
 * Its `state` is `waiting`, `sending`, `done`, `failed` with a `text`, or `gone`: another tab has sent it. Fires
 * `progress` and `state`.
 */
export class Upload extends EventTarget {
  /** @type {"waiting" | "sending" | "done" | "failed" | "gone"} */
  state = "waiting";
  text = "";
  offset = 0; // what the server has
  sent = 0; // what has left, of which the server may not have all
  beganAt = 0; // ms; and what the server had then
  beganWith = 0;
  isStored = false;
  controller = new AbortController();
  /** @type {() => void} */
  wake = () => {};

  /**
   * @param {UploadRecord} record
   * @param {File} file
   * @param {UploadStore} store
   */
  constructor(record, file, store) {
    super();
    this.record = record;
    this.file = file;
    this.store = store;
  }

  get id() { return this.record.id; }
  get name() { return this.record.name; }
  get size() { return this.record.size; }

  /** The server's name for the file. */
  get serverId() { return this.record.url.split("/").findLast(Boolean) ?? ""; }

  /** Seconds until the end, once they can be estimated; else 0. */
  get secondsLeft() {
    const [passed, sent] = [Date.now() - this.beganAt, this.sent - this.beganWith];
    return this.state === "sending" && passed > 2_000 && sent ? ((this.size - this.sent) * passed) / sent / 1_000 : 0;
  }

  /**
   * @param {Upload["state"]} state
   * @param {string} text
   */
  setState(state, text = "") {
    if (this.state === "gone" || (state === this.state && text === this.text)) return;
    this.state = state;
    this.text = text;
    this.dispatchEvent(new Event("state"));
  }

  /** Ends when the server has the file, when it refuses it, or when it was stopped. */
  async run() {
    const { signal } = this.controller;
    await withLock(`upload ${this.id}`, async () => {
      if (signal.aborted) return;
      if (await this.wasSentElsewhere()) return this.setState("gone");
      await this.tryUntilDone(signal);
    });
  }

  /** @param {AbortSignal} signal */
  async tryUntilDone(signal) {
    let tries = 0;
    while (!signal.aborted) {
      const before = this.offset;
      const problem = await this.transfer().then(() => null, (error) => error);
      if (signal.aborted) return;
      if (!problem) return this.setState("done");
      const reason = await this.findReason(problem);
      if (reason) return this.setState("failed", reason);
      this.setState("waiting");
      tries = this.offset > before ? 0 : tries + 1;
      await this.pause(PAUSES[Math.min(tries, PAUSES.length - 1)]);
    }
  }

  /** Another tab may have begun it, or sent its message, since this one knows of it. */
  async wasSentElsewhere() {
    if (!this.isStored) return false;
    const stored = await this.store.read(this.id);
    if (stored) this.record = stored;
    return stored === undefined;
  }

  async transfer() {
    if (this.record.url) await this.readOffset();
    else await this.create();
    this.setState("sending");
    [this.beganAt, this.beganWith] = [Date.now(), this.offset];
    while (this.offset < this.size) await this.sendPiece();
  }

  async create() {
    const { room, name, size, asIs } = this.record;
    const values = { name, room: String(room), ...(asIs && { as_is: "yes" }) };
    const response = await requestChange(urls.uploads, {
      method: "POST",
      headers: {
        ...VERSION,
        "Upload-Length": String(size),
        "Upload-Metadata": Object.entries(values).map(([key, value]) => `${key} ${encodeBase64(value)}`).join(),
      },
      signal: this.controller.signal,
    });
    const { pathname } = new URL(response.headers.get("Location") ?? "", location.href);
    this.record = { ...this.record, url: pathname };
    this.setOffset(0);
    if (this.isStored) this.store.write(this.record);
  }

  async readOffset() {
    try {
      const response = await request(this.record.url, {
        method: "HEAD",
        headers: VERSION,
        cache: "no-store",
        signal: this.controller.signal,
      });
      this.setOffset(Number(response.headers.get("Upload-Offset")));
    } catch (error) {
      if (!LOST.includes(/** @type {ApiError} */ (error).status ?? 0)) throw error;
      await this.create();
    }
  }

  async sendPiece() {
    const { offset } = this;
    const answer = await requestTracked(this.record.url, {
      method: "PATCH",
      headers: { ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
      body: this.file.slice(offset, offset + PIECE),
      signal: this.controller.signal,
      onProgress: (sent) => this.setSent(Math.min(offset + sent, this.size)),
    });
    const reached = Number(answer.get("Upload-Offset"));
    if (!(reached > offset)) throw new Error("The server has nothing of a piece.");
    this.setOffset(reached);
  }

  /** @param {number} offset */
  setOffset(offset) {
    this.offset = offset;
    this.setSent(offset);
  }

  /** @param {number} sent */
  setSent(sent) {
    this.sent = sent;
    this.dispatchEvent(new Event("progress"));
  }

  /**
   * Why another try is of no use, or "".
   * @param {ApiError} error
   */
  async findReason({ status, text, body, redirected }) {
    if (!status) return (await this.isReadable()) ? "" : t("file_unreadable");
    const isRefusal = status === FULL || (status >= 400 && status < 500 && !TEMPORARY.includes(status));
    return isRefusal && !redirected && !body?.error?.retry ? text || t("file_refused") : "";
  }

  /** Not when it is a folder, or was deleted or changed since it was chosen. */
  isReadable() {
    return this.file.slice(0, 1).arrayBuffer().then(() => true, () => false);
  }

  /** @param {number} delay */
  pause(delay) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.wake = () => { clearTimeout(timer); resolve(null); };
    });
  }

  /**
   * Anew: the server is told at the beginning.
   * @param {boolean} asIs
   */
  restart(asIs) {
    this.cancel();
    this.controller = new AbortController();
    this.record = { ...this.record, url: "", asIs };
    this.setOffset(0);
    if (this.isStored) this.store.write(this.record);
    this.setState("waiting");
  }

  stop() {
    this.controller.abort();
    this.wake();
  }

  /** Nobody wants it any more. If this gets lost, the server forgets it by itself. */
  cancel() {
    this.stop();
    if (this.record.url) requestChange(this.record.url, { method: "DELETE", headers: VERSION }).catch(() => {});
  }
}

/** @import { UploadStore } from "./upload_store.js" */
