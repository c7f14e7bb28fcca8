// The words after @ that name members by what they do, such as @oncall, and whom they name now.

const FRESH = 15_000; // ms: then they are read again when they are looked for

/** Fires `change` when others are known. */
export class RoleMentions extends EventTarget {
  room = 0;
  readAt = -Infinity;
  /** @type {RoleMention[]} */
  known = [];
  /** @type {MemberState[]} */
  members = []; // of a large room: those whom they name

  /** @param {Socket} socket */
  constructor(socket) {
    super();
    this.socket = socket;
  }

  /** @param {number} id */
  setRoom(id) {
    this.room = id;
    this.readAt = -Infinity;
    this.known = [];
    this.members = [];
  }

  /** What is known; something newer is on its way. */
  list() {
    if (this.room && this.socket.ready && Date.now() - this.readAt > FRESH) void this.read();
    return this.known;
  }

  async read() {
    const { room } = this;
    this.readAt = Date.now();
    try {
      const { roles, members = [] } = await this.socket.send("room.roles", { room });
      if (room !== this.room || JSON.stringify(roles) === JSON.stringify(this.known)) return;
      this.known = roles;
      this.members = members;
      this.dispatchEvent(new Event("change"));
    } catch {
      // people can be completed all the same
    }
  }
}
