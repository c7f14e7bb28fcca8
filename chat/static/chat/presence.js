// Who is here, room by room. Several parts of the page may ask for the same room; one stream serves them.
const unknownState = () => ({ count: 0, here: new Set(), known: false });

/** Fires `presence` with `{room, user}`, `typing` with `{room, user, seconds}`. */
export class Presence extends EventTarget {
  refreshTimer = 0;

  constructor(socket) {
    super();
    this.socket = socket;
    this.rooms = new Map();
  }

  getState(room) { return this.rooms.get(room)?.state ?? unknownState(); }

  /** Follow exactly these rooms. */
  followRooms(ids) {
    for (const [room, entry] of this.rooms) if (!ids.has(room)) {
      entry.follow.close();
      this.rooms.delete(room);
    }
    for (const room of ids) if (!this.rooms.has(room)) this.followRoom(room);
  }

  /** The room has other people now than when its presence was read. */
  refresh(room) {
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => this.rooms.get(room)?.follow.subscribe(), 500);
  }

  followRoom(room) {
    const entry = { state: unknownState() };
    this.rooms.set(room, entry);
    entry.follow = this.socket.follow(`presence.${room}`, {
      snapshot: ({ count, here }) => this.setState(room, entry, { count, here: new Set(here), known: true }),
      event: (event) => this.onEvent(room, entry, event),
      refused: () => this.rooms.delete(room),
    });
  }

  onEvent(room, entry, { type, data }) {
    if (type === "typing") return this.emit("typing", { room, user: data.user, seconds: data.seconds });
    const here = new Set(entry.state.here);
    for (const user of data.joined ?? []) here.add(user);
    for (const user of data.left ?? []) here.delete(user);
    this.setState(room, entry, { count: data.count, here, known: true });
  }

  setState(room, entry, state) {
    entry.state = state;
    this.emit("presence", { room });
  }

  emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
