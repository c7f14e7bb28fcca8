// Tells the server how far I have read: only what was on the screen, while I was looking, at most once a second.
const EVERY = 1_000;

export class Reading {
  /** @type {any} */
  timer = null;
  last = 0; // when it was reported last

  constructor(socket, timeline, sidebar) {
    this.socket = socket;
    this.timeline = timeline;
    this.sidebar = sidebar;
    this.reported = new Map();
    timeline.addEventListener("seen", () => this.soon());
    addEventListener("focus", () => this.soon());
    document.addEventListener("visibilitychange", () => this.soon());
    addEventListener("pagehide", () => this.leave());
    socket.addEventListener("ready", () => this.soon());
  }

  get looking() { return document.visibilityState === "visible" && document.hasFocus(); }

  soon() {
    if (!this.looking || this.timer) return;
    const wait = Math.max(0, this.last + EVERY - performance.now());
    this.timer = setTimeout(() => { this.timer = null; this.read(); }, Math.max(50, wait));
  }

  /** Before another room is shown, or none: what was seen is reported now. */
  leave() {
    clearTimeout(this.timer);
    this.timer = null;
    this.read();
  }

  read() {
    const { room } = this.timeline;
    if (!this.looking || !room?.loaded) return;
    this.mark(room.id, this.timeline.seen);
  }

  mark(room, seq) {
    const known = this.reported.get(room) ?? this.sidebar.line(room)?.last_read ?? 0;
    if (room === this.timeline.room.id) this.timeline.readUpTo = Math.max(known, seq);
    if (seq <= known || !this.socket.ready) return;
    this.last = performance.now();
    this.reported.set(room, seq);
    this.sidebar.reading(room, seq);
    this.socket.send("room.read", { room, seq }).catch(({ wait }) => {
      this.reported.set(room, known); // not what the sidebar shows, which has taken it for read
      if (wait) setTimeout(() => this.soon(), wait * 1_000);
    });
  }
}
