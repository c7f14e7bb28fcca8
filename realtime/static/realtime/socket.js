// One websocket for the whole tab: commands with answers, streams with resume. It touches no page and knows no stream by name.
import { Follow } from "./follow.js";

export const offlineError = { code: "offline", text: "", retry: true };
const PING_EVERY = 15_000;
const PING_PATIENCE = 8_000;
const SILENCE = 45_000;
const ANSWER_PATIENCE = 20_000;
const SLOWEST_RETRY = 10_000;
const OTHER_USER = 4102;
const LOST = 1006; // RFC 6455, section 7.1.5

/** The address of the site's socket for a page of this user, or of a guest: `{ user: 7 }`, `{ guest: 3 }`. */
export const socketUrl = (identity) => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/?${new URLSearchParams(identity)}`;

/**
 * An `offlineError` of a command that was under way has a `closeCode`: it may or may not have been done.
 * Fires `state` whenever `state`, `latency`, `since` or `closeCode` changed, and `event` for what belongs to no followed stream.
 */
export class Socket extends EventTarget {
  /** With `user`, a socket that greets anybody else is closed before anything is sent. */
  constructor(url, user = null) {
    super();
    this.url = url;
    this.user = user;
    this.otherUser = ""; // the name of the user who has signed in instead
    this.state = "connecting"; // connecting, catching-up, live, offline, stopped
    this.latency = null;
    this.since = null; // when the connection was lost
    this.closeCode = null;
    this.hello = null;
    this.follows = new Map();
    this.waiting = new Map();
    this.lastId = 0;
    this.tries = 0;
    this.heardAt = 0;
  }

  start() {
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.ping(2_000));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry());
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
    setInterval(() => this.check(), PING_EVERY);
    this.connect();
  }

  get ready() {
    return this.hello !== null && this.wire?.readyState === WebSocket.OPEN;
  }

  /** Resolves with the answer's `ok`, rejects with `{code, text, retry}`, and `wait` in seconds where the server knows it. */
  send(verb, fields = {}, patience = ANSWER_PATIENCE) {
    if (!this.ready) return Promise.reject(offlineError);
    const id = ++this.lastId;
    this.wire.send(JSON.stringify({ ...fields, id, do: verb }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.settle(id, { error: { code: "timeout", text: "", retry: true } }), patience);
      this.waiting.set(id, { resolve, reject, timer });
    });
  }

  /** Follow a stream until `close()`. A log stream is numbered and can be resumed from `after` in `epoch`. */
  follow(stream, listener, { log = false, after = null, epoch = "" } = {}) {
    const follow = new Follow(this, stream, listener, { log, after, epoch });
    this.follows.set(stream, follow);
    if (this.ready) follow.ask();
    return follow;
  }

  forget(follow) {
    if (this.follows.get(follow.stream) !== follow) return;
    this.follows.delete(follow.stream);
    if (this.ready) this.send("unsubscribe", { stream: follow.stream }).catch(() => {});
    this.judge();
  }

  stop(code = null) {
    clearTimeout(this.timer);
    this.closeCode = code;
    this.drop(code);
    this.become("stopped");
  }

  connect() {
    clearTimeout(this.timer);
    if (this.state === "stopped") return;
    const wire = this.open();
    if (!wire) return this.closed(LOST);
    this.wire = wire;
    this.heardAt = performance.now();
    wire.onmessage = (message) => wire === this.wire && this.hear(JSON.parse(message.data));
    wire.onclose = (event) => wire === this.wire && this.closed(event.code);
    this.timer = setTimeout(() => wire === this.wire && !this.hello && this.reconnect(), ANSWER_PATIENCE / 2);
  }

  open() {
    try {
      return new WebSocket(this.url);
    } catch {
      return null; // some browsers refuse at once, by SecurityError
    }
  }

  hear(frame) {
    this.heardAt = performance.now();
    if (!Array.isArray(frame)) return this.settle(frame.re, frame);
    for (const event of frame) this.take(event);
  }

  take(event) {
    if (event.stream === "socket") {
      if (event.type === "hello") this.greet(event.data);
      if (event.type === "other_user") this.refuse(event.data);
      if (event.type === "heads") this.compare(event.data);
    }
    const follow = this.follows.get(event.stream);
    if (follow) follow.take(event);
    else this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }

  /** Another user has signed in. What this page still holds is its own user's. */
  refuse({ name = "" }) {
    this.otherUser = name;
    this.stop(OTHER_USER);
  }

  greet(hello) {
    if (this.user !== null && hello.user !== this.user) return this.refuse({});
    this.hello = hello;
    this.tries = 0;
    clearTimeout(this.timer);
    for (const follow of this.follows.values()) follow.ask();
    this.judge();
    setTimeout(() => this.ping(), 1_000); // the first second belongs to catching up
    this.dispatchEvent(new Event("ready"));
  }

  compare(heads) {
    for (const [stream, rev] of Object.entries(heads)) this.follows.get(stream)?.compare(rev);
  }

  settle(id, answer) {
    const waiter = this.waiting.get(id);
    if (!waiter) return;
    this.waiting.delete(id);
    clearTimeout(waiter.timer);
    if (answer.error) waiter.reject(answer.error);
    else waiter.resolve(answer.ok ?? null);
  }

  /** Measures the way; no answer in time means that the wire is dead, whatever the browser believes. Says whether one came. */
  async ping(patience = PING_PATIENCE) {
    if (!this.ready) return false;
    const [wire, sent] = [this.wire, performance.now()];
    try {
      await this.send("ping", {}, patience);
      this.latency = Math.round(performance.now() - sent);
      this.dispatchEvent(new Event("state"));
      return true;
    } catch (error) {
      if (error.code === "timeout" && wire === this.wire) this.reconnect();
      return false;
    }
  }

  check() {
    if (this.ready && performance.now() - this.heardAt > SILENCE) this.reconnect();
    else this.ping();
  }

  hurry() {
    if (this.state === "stopped") return;
    if (this.ready) this.ping();
    else if (!this.wire) this.connect();
  }

  reconnect() {
    this.drop(LOST);
    this.closed(LOST);
  }

  drop(closeCode) {
    const wire = this.wire;
    this.wire = null;
    wire?.close();
    this.fail(closeCode);
  }

  fail(closeCode) {
    this.hello = null;
    this.latency = null;
    for (const id of [...this.waiting.keys()]) this.settle(id, { error: { ...offlineError, closeCode } });
  }

  closed(code) {
    this.wire = null;
    this.fail(code);
    if (code >= 4100 && code < 4200) return this.stop(code);
    this.since ??= new Date();
    this.become(this.tries === 0 && navigator.onLine ? "connecting" : "offline");
    const ceiling = this.tries === 0 ? 400 : Math.min(SLOWEST_RETRY, 500 * 2 ** this.tries);
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), Math.random() * ceiling);
  }

  /** Called by the streams whenever one of them starts or ends catching up. */
  judge() {
    if (!this.ready) return;
    const behind = [...this.follows.values()].some((follow) => follow.asking);
    if (!behind) this.since = null;
    this.become(behind ? "catching-up" : "live");
  }

  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
