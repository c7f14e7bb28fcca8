// One followed stream: a snapshot, then events. Events that arrive while a subscribe request is pending wait for its
// answer.

/** @import { Socket, CommandError, StreamEvent } from "./socket.js" */

/**
 * @typedef {object} StreamListener
 * @property {(event: StreamEvent) => void} event
 * @property {(data: any) => void} [snapshot]
 * @property {() => void} [caughtUp]
 * @property {(error: CommandError) => void} [refused]
 */

/** @typedef {{ log: boolean, after: number | null, epoch: string }} FollowOptions */

/**
 * @typedef {{ head: number, epoch: string, recovered: boolean, events?: StreamEvent[], snapshot?: any }}
 * SubscribeResult
 */

export class Follow {
  /**
   * @param {Socket} socket
   * @param {string} stream
   * @param {StreamListener} listener
   * @param {FollowOptions} options
   */
  constructor(socket, stream, listener, { log, after, epoch }) {
    this.socket = socket;
    this.stream = stream;
    this.listener = listener;
    this.log = log;
    this.epoch = epoch;
    this.rev = after; // the last rev received, in `epoch`
    /** @type {StreamEvent[]} */
    this.buffered = [];
    this.pendingRequest = 0; // the number of the subscribe request that has no answer yet
    this.lastRequest = 0;
    this.closed = false;
  }

  async subscribe() {
    const request = ++this.lastRequest;
    this.pendingRequest = request;
    this.buffered = [];
    this.socket.updateState();
    const resume = this.log && this.rev !== null ? { after: this.rev, epoch: this.epoch } : {};
    try {
      this.onSubscribed(request, await this.socket.send("subscribe", { stream: this.stream, ...resume }));
    } catch (error) {
      this.onSubscribeError(request, /** @type {CommandError} */ (error));
    }
  }

  /**
   * @param {number} request
   * @param {SubscribeResult} result
   */
  onSubscribed(request, { head, epoch, recovered, events, snapshot }) {
    if (this.closed || request !== this.pendingRequest) return;
    if (recovered) for (const event of events ?? []) this.listener.event(event);
    else this.listener.snapshot?.(snapshot);
    this.rev = head;
    this.epoch = epoch;
    this.pendingRequest = 0;
    const { buffered } = this;
    this.buffered = [];
    for (const event of buffered) this.onEvent(event);
    if (!this.pendingRequest) this.listener.caughtUp?.();
    this.socket.updateState();
  }

  /**
   * @param {number} request
   * @param {CommandError} error
   */
  onSubscribeError(request, error) {
    if (this.closed || request !== this.pendingRequest) return;
    if (!this.socket.ready) return; // subscribed again after the next hello
    if (error.retry) {
      const delay = (error.wait ?? 1) * 1000 + Math.random() * 2000;
      setTimeout(() => !this.closed && request === this.pendingRequest && this.subscribe(), delay);
      return;
    }
    this.pendingRequest = 0;
    this.close();
    this.listener.refused?.(error);
  }

  /** @param {StreamEvent} event */
  onEvent(event) {
    if (this.closed) return;
    if (this.pendingRequest) return void this.buffered.push(event);
    if (!this.log) return this.listener.event(event);
    const rev = event.rev ?? 0;
    const known = this.rev ?? 0;
    if ((event.after ?? rev - 1) > known) return this.onGap(event);
    if (rev <= known) return;
    this.rev = rev;
    this.listener.event(event);
  }

  /** @param {StreamEvent} event */
  onGap(event) {
    this.subscribe();
    this.buffered.push(event);
  }

  /**
   * The server sent its head: if it is ahead of us, an event was lost on the way.
   * @param {number} rev
   */
  compareHead(rev) {
    if (this.log && !this.pendingRequest && !this.closed && rev > (this.rev ?? 0)) this.subscribe();
  }

  close() {
    this.closed = true;
    this.socket.unfollow(this);
  }
}
