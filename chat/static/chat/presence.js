// Who is here, room by room. Several parts of the page may ask for the same room; one stream serves them.
const MAX_LISTED = 200; // LIST_LIMIT of chat/online_members.py

/** @returns {PresenceState} */
const unknownState = () => ({ count: 0, here: new Set(), known: false });

/**
 * Fires `presence` with `{room, members}`, `typing` with `{room, members, user, seconds}`. `members` are those of a
 * large room that were named.
 */
export class Presence extends EventTarget {
  /** @param {Socket} socket */
  constructor(socket) {
    super();
    this.socket = socket;
    /** @type {Map<number, PresenceEntry>} */
    this.rooms = new Map();
  }

  /** @param {number} room */
  getState(room) { return this.rooms.get(room)?.state ?? unknownState(); }

  /**
   * Follow exactly these rooms.
   * @param {Set<number>} ids
   */
  followRooms(ids) {
    for (const [room, entry] of this.rooms) if (!ids.has(room)) {
      entry.follow?.close();
      this.rooms.delete(room);
    }
    for (const room of ids) if (!this.rooms.has(room)) this.followRoom(room);
  }

  /** @param {number} room */
  followRoom(room) {
    /** @type {PresenceEntry} */
    const entry = { state: unknownState(), follow: null };
    this.rooms.set(room, entry);
    entry.follow = this.socket.follow(`presence.${room}`, {
      snapshot: ({ count, here, members }) =>
        this.setState(room, entry, { count, here: new Set(here), known: true }, members),
      event: (event) => this.onEvent(room, entry, event),
      refused: () => this.rooms.delete(room),
    });
  }

  /**
   * @param {number} room
   * @param {PresenceEntry} entry
   * @param {StreamEvent} event
   */
  onEvent(room, entry, { type, data, included }) {
    if (type === "typing")
      return this.emit("typing", { room, members: included, user: data.user, seconds: data.seconds });
    const here = new Set(data.count > MAX_LISTED ? [] : entry.state.here);
    for (const user of data.joined ?? []) here.add(user);
    for (const user of data.left ?? []) here.delete(user);
    this.setState(room, entry, { count: data.count, here, known: true }, included);
  }

  /**
   * @param {number} room
   * @param {PresenceEntry} entry
   * @param {PresenceState} state
   * @param {MemberState[] | undefined} members
   */
  setState(room, entry, state, members) {
    entry.state = state;
    this.emit("presence", { room, members });
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
