// One followed stream: a snapshot, then events. What arrives while a question is out waits for its answer.

/** `listener` has `snapshot(data)`, `event(event)`, `caughtUp()` and `refused(error)`; all but `event` may be missing. */
export class Follow {
  constructor(socket, stream, listener, { log, after, epoch }) {
    Object.assign(this, { socket, stream, listener, log, epoch });
    this.have = after; // the last rev held, in `epoch`
    this.early = [];
    this.asking = 0; // the number of the question that is out
    this.questions = 0;
    this.closed = false;
  }

  async ask() {
    const question = ++this.questions;
    this.asking = question;
    this.early = [];
    this.socket.judge();
    const resume = this.log && this.have !== null ? { after: this.have, epoch: this.epoch } : {};
    try {
      this.answer(question, await this.socket.send("subscribe", { stream: this.stream, ...resume }));
    } catch (error) {
      this.failed(question, error);
    }
  }

  answer(question, { head, epoch, recovered, events, snapshot }) {
    if (this.closed || question !== this.asking) return;
    if (recovered) for (const event of events ?? []) this.listener.event(event);
    else this.listener.snapshot?.(snapshot);
    this.have = head;
    this.epoch = epoch;
    this.asking = 0;
    const early = this.early;
    this.early = [];
    for (const event of early) this.take(event);
    if (!this.asking) this.listener.caughtUp?.();
    this.socket.judge();
  }

  failed(question, error) {
    if (this.closed || question !== this.asking) return;
    if (!this.socket.ready) return; // asked again after the next hello
    if (error.retry) {
      const wait = (error.wait ?? 1) * 1000 + Math.random() * 2000;
      setTimeout(() => !this.closed && question === this.asking && this.ask(), wait);
      return;
    }
    this.asking = 0;
    this.close();
    this.listener.refused?.(error);
  }

  take(event) {
    if (this.closed) return;
    if (this.asking) this.early.push(event);
    else if (!this.log) this.listener.event(event);
    else if ((event.after ?? event.rev - 1) > this.have) this.gap(event);
    else if (event.rev > this.have) {
      this.have = event.rev;
      this.listener.event(event);
    }
  }

  gap(event) {
    this.ask();
    this.early.push(event);
  }

  /** The server told its head: if it is ahead of us, an event was lost on the way. */
  compare(rev) {
    if (this.log && !this.asking && !this.closed && rev > this.have) this.ask();
  }

  close() {
    this.closed = true;
    this.socket.forget(this);
  }
}
