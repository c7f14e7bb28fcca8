// Tells the server how far I have read: only what was on the screen, while I was looking. At most once a second, but at
// once what I would be notified of: the worker waits half a second for it.
import { me } from "./page.js";

const MIN_INTERVAL = 1_000;
const MIN_WAIT = 50;

export class ReadTracker {
  /** @type {any} */
  timer = null;
  last = 0; // when it was reported last
  dueAt = 0; // when the timer ends

  /**
   * @param {Socket} socket
   * @param {Timeline} timeline
   * @param {Sidebar} sidebar
   */
  constructor(socket, timeline, sidebar) {
    this.socket = socket;
    this.timeline = timeline;
    this.sidebar = sidebar;
    this.reported = new Map();
    timeline.addEventListener("seen", () => this.schedule());
    addEventListener("focus", () => this.schedule());
    document.addEventListener("visibilitychange", () => this.schedule());
    addEventListener("pagehide", () => this.flush());
    socket.addEventListener("ready", () => this.schedule());
  }

  get isLooking() {
    return this.timeline.root.isConnected && document.visibilityState === "visible" && document.hasFocus();
  }

  schedule() {
    if (!this.isLooking) return;
    const now = performance.now();
    const at = Math.max(now + MIN_WAIT, this.concernsMe() ? 0 : this.last + MIN_INTERVAL);
    if (this.timer && this.dueAt <= at) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => { this.timer = null; this.reportSeen(); }, at - now);
  }

  /** Whether I may be notified of something seen that was not reported yet. */
  concernsMe() {
    const { room } = this.timeline;
    if (!room?.loaded) return false; // none is shown yet, among others
    const line = this.sidebar.getLine(room.id);
    if (!line) return false;
    if (line.kind === "direct" || line.level === "all") return true;
    const known = this.reported.get(room.id) ?? line.last_read ?? 0;
    return room.tail.messages
      .slice(room.tail.indexOf(known + 1), room.tail.indexOf(this.timeline.lastSeen + 1))
      .some(({ mentions, reply }) => mentions?.includes(me.id) || reply?.author === me.id);
  }

  /** Before another room is shown, or none: what was seen is reported now. */
  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    this.reportSeen();
  }

  reportSeen() {
    const { room } = this.timeline;
    if (!this.isLooking || !room?.loaded) return;
    this.markRead(room.id, this.timeline.lastSeen);
  }

  /**
   * @param {number} room
   * @param {number} seq
   */
  markRead(room, seq) {
    const known = this.reported.get(room) ?? this.sidebar.getLine(room)?.last_read ?? 0;
    if (room === this.timeline.room.id) this.timeline.readUpTo = Math.max(known, seq);
    if (seq <= known || !this.socket.ready) return;
    this.last = performance.now();
    this.reported.set(room, seq);
    this.sidebar.markRead(room, seq);
    this.socket.send("room.read", { room, seq }).catch(({ wait }) => {
      this.reported.set(room, known); // not what the sidebar shows, which has taken it for read
      if (wait) setTimeout(() => this.schedule(), wait * 1_000);
    });
  }
}
