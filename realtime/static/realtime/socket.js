// One websocket for the whole tab: commands with answers, streams with resume. It touches no page and knows no stream
// by name.
import { Follow } from "./follow.js";

/** @import { StreamListener } from "./follow.js" */

/**
 * `wait` is in seconds, where the server knows it. `closeCode`: the command was under way when the socket closed.
 * @typedef {{ code: string, text: string, retry: boolean, wait?: number, closeCode?: number | null }} CommandError
 */

/**
 * @typedef {{ stream: string, type: string, data: any, rev?: number, after?: number, included?: any[] }} StreamEvent
 */

/** @typedef {"connecting" | "catching-up" | "live" | "offline" | "stopped"} SocketState */

/** @typedef {{ resolve: (result: any) => void, reject: (error: CommandError) => void, timer: any }} PendingCommand */

/** @type {CommandError} */
export const offlineError = { code: "offline", text: "", retry: true };
const PING_INTERVAL = 15_000;
const PING_TIMEOUT = 8_000;
const SILENCE_TIMEOUT = 45_000;
const COMMAND_TIMEOUT = 20_000;
const MAX_RETRY_DELAY = 10_000;
const MAX_WAIT = 60_000; // ms, however long the server says
const BUSY = 4003; // its reason is the seconds after which to come back
const OTHER_USER = 4102;
const CONNECTION_LOST = 1006; // RFC 6455, section 7.1.5

/**
 * An `offlineError` of a command that was under way has a `closeCode`: it may or may not have been done.
 * Fires `state` whenever `state`, `latency`, `since` or `closeCode` changed, and `event` for what belongs to no
 * followed stream.
 */
export class Socket extends EventTarget {
  /**
   * With `user`, a socket that greets anybody else is closed before anything is sent.
   * @param {string} url
   * @param {number | null} user
   */
  constructor(url, user = null) {
    super();
    this.url = url;
    this.user = user;
    this.otherUser = ""; // the name of the user who has signed in instead
    /** @type {SocketState} */
    this.state = "connecting";
    /** @type {number | null} */
    this.latency = null;
    /** @type {Date | null} */
    this.since = null; // when the connection was lost
    /** @type {number | null} */
    this.closeCode = null;
    /** @type {{ user: number, [key: string]: any } | null} */
    this.hello = null;
    /** @type {Map<string, Follow>} */
    this.follows = new Map();
    /** @type {Map<number, PendingCommand>} */
    this.pending = new Map();
    /** @type {WebSocket | null} */
    this.websocket = null;
    /** @type {any} */
    this.timer = null;
    this.lastId = 0;
    this.retries = 0;
    this.receivedAt = 0;
    this.waitUntil = 0; // the server has said when to come back
  }

  start() {
    addEventListener("online", () => this.reconnectNow());
    addEventListener("offline", () => this.ping(2_000));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.reconnectNow());
    addEventListener("pageshow", (event) => event.persisted && this.reconnectNow());
    setInterval(() => this.checkConnection(), PING_INTERVAL);
    this.connect();
  }

  get ready() {
    return this.hello !== null && this.websocket?.readyState === WebSocket.OPEN;
  }

  /**
   * Resolves with the answer's `ok`, rejects with a `CommandError`.
   * @param {string} command
   * @param {Record<string, any>} fields
   * @param {number} timeout
   * @returns {Promise<any>}
   */
  send(command, fields = {}, timeout = COMMAND_TIMEOUT) {
    const { websocket } = this;
    if (!this.ready || !websocket) return Promise.reject(offlineError);
    const id = ++this.lastId;
    websocket.send(JSON.stringify({ ...fields, id, do: command }));
    return new Promise((resolve, reject) => {
      const timedOut = { error: { code: "timeout", text: "", retry: true } };
      const timer = setTimeout(() => this.settleCommand(id, timedOut), timeout);
      this.pending.set(id, { resolve, reject, timer });
    });
  }

  /**
   * Follow a stream until `close()`. A log stream is numbered and can be resumed from `after` in `epoch`.
   * @param {string} stream
   * @param {StreamListener} listener
   */
  follow(stream, listener, { log = false, after = /** @type {number | null} */ (null), epoch = "" } = {}) {
    const follow = new Follow(this, stream, listener, { log, after, epoch });
    this.follows.set(stream, follow);
    if (this.ready) follow.subscribe();
    return follow;
  }

  /** @param {Follow} follow */
  unfollow(follow) {
    if (this.follows.get(follow.stream) !== follow) return;
    this.follows.delete(follow.stream);
    if (this.ready) this.send("unsubscribe", { stream: follow.stream }).catch(() => {});
    this.updateState();
  }

  /** @param {number | null} code */
  stop(code = null) {
    clearTimeout(this.timer);
    this.closeCode = code;
    this.dropWebsocket(code);
    this.setState("stopped");
  }

  connect() {
    clearTimeout(this.timer);
    if (this.state === "stopped") return;
    const websocket = this.openWebsocket();
    if (!websocket) return this.onClose(CONNECTION_LOST);
    this.websocket = websocket;
    this.receivedAt = performance.now();
    websocket.onmessage = (message) => websocket === this.websocket && this.onFrame(JSON.parse(message.data));
    websocket.onclose = (event) => websocket === this.websocket && this.onClose(event.code, event.reason);
    const checkHello = () => websocket === this.websocket && !this.hello && this.reconnect();
    this.timer = setTimeout(checkHello, COMMAND_TIMEOUT / 2);
  }

  openWebsocket() {
    try {
      return new WebSocket(this.url);
    } catch {
      return null; // some browsers refuse at once, by SecurityError
    }
  }

  /** @param {any} frame an array of events, or one answer */
  onFrame(frame) {
    this.receivedAt = performance.now();
    if (!Array.isArray(frame)) return this.settleCommand(frame.re, frame);
    for (const event of frame) this.onEvent(event);
  }

  /** @param {StreamEvent} event */
  onEvent(event) {
    if (event.stream === "socket") {
      if (event.type === "hello") this.onHello(event.data);
      if (event.type === "other_user") this.onOtherUser(event.data);
      if (event.type === "heads") this.compareHeads(event.data);
    }
    const follow = this.follows.get(event.stream);
    if (follow) follow.onEvent(event);
    else this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }

  /**
   * Another user has signed in. What this page still holds is its own user's.
   * @param {{ name?: string }} user
   */
  onOtherUser({ name = "" }) {
    this.otherUser = name;
    this.stop(OTHER_USER);
  }

  /** @param {{ user: number, [key: string]: any }} hello */
  onHello(hello) {
    if (this.user !== null && hello.user !== this.user) return this.onOtherUser({});
    this.hello = hello;
    this.retries = 0;
    clearTimeout(this.timer);
    for (const follow of this.follows.values()) follow.subscribe();
    this.updateState();
    setTimeout(() => this.ping(), 1_000); // the first second belongs to catching up
    this.dispatchEvent(new Event("ready"));
  }

  /** @param {Record<string, number>} heads */
  compareHeads(heads) {
    for (const [stream, rev] of Object.entries(heads)) this.follows.get(stream)?.compareHead(rev);
  }

  /**
   * @param {number} id
   * @param {{ ok?: any, error?: CommandError }} answer
   */
  settleCommand(id, answer) {
    const command = this.pending.get(id);
    if (!command) return;
    this.pending.delete(id);
    clearTimeout(command.timer);
    if (answer.error) command.reject(answer.error);
    else command.resolve(answer.ok ?? null);
  }

  /**
   * Measures the latency. No answer in time means that the connection is dead, whatever the browser reports.
   * Says whether an answer came.
   */
  async ping(timeout = PING_TIMEOUT) {
    if (!this.ready) return false;
    const [websocket, sentAt] = [this.websocket, performance.now()];
    try {
      await this.send("ping", {}, timeout);
      this.latency = Math.round(performance.now() - sentAt);
      this.dispatchEvent(new Event("state"));
      return true;
    } catch (error) {
      if (/** @type {CommandError} */ (error).code === "timeout" && websocket === this.websocket) this.reconnect();
      return false;
    }
  }

  checkConnection() {
    if (this.ready && performance.now() - this.receivedAt > SILENCE_TIMEOUT) this.reconnect();
    else this.ping();
  }

  reconnectNow() {
    if (this.state === "stopped") return;
    if (this.ready) this.ping();
    else if (!this.websocket && performance.now() >= this.waitUntil) this.connect();
  }

  reconnect() {
    this.dropWebsocket(CONNECTION_LOST);
    this.onClose(CONNECTION_LOST);
  }

  /** @param {number | null} closeCode */
  dropWebsocket(closeCode) {
    const { websocket } = this;
    this.websocket = null;
    websocket?.close();
    this.rejectPending(closeCode);
  }

  /** @param {number | null} closeCode */
  rejectPending(closeCode) {
    this.hello = null;
    this.latency = null;
    for (const id of [...this.pending.keys()]) this.settleCommand(id, { error: { ...offlineError, closeCode } });
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  onClose(code, reason = "") {
    this.websocket = null;
    this.rejectPending(code);
    if (code >= 4100 && code < 4200) return this.stop(code);
    this.since ??= new Date();
    this.setState(this.retries === 0 && navigator.onLine ? "connecting" : "offline");
    const maxDelay = this.retries === 0 ? 400 : Math.min(MAX_RETRY_DELAY, 500 * 2 ** this.retries);
    this.retries += 1;
    const told = code === BUSY ? Math.min(MAX_WAIT, Math.max(0, Number(reason) * 1_000) || 0) : 0;
    this.waitUntil = performance.now() + told;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), told || Math.random() * maxDelay);
  }

  /** Called by the streams whenever one of them starts or ends catching up. */
  updateState() {
    if (!this.ready) return;
    const catchingUp = [...this.follows.values()].some((follow) => follow.pendingRequest);
    if (!catchingUp) this.since = null;
    this.setState(catchingUp ? "catching-up" : "live");
  }

  /** @param {SocketState} state */
  setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/**
 * The socket of this page, for its user or for a guest. The page names the address: `<body data-socket>`.
 * @param {{ user?: number, guest?: number }} identity
 */
export function createSocket(identity) {
  const url = new URL(document.body.dataset.socket ?? "", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = String(new URLSearchParams(Object.entries(identity).map(([name, id]) => [name, String(id)])));
  return new Socket(url.href, identity.user ?? null);
}
