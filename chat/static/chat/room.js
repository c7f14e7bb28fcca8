// What is known of one room: snapshot + events == a fresh snapshot. No page in here.

/**
 * @typedef {object} RoomListener
 * @property {() => void} reset
 * @property {(state: MessageState, isNew: boolean) => void} message
 * @property {(state: MemberState) => void} member
 * @property {(state: RoomState) => void} room
 */

/**
 * Messages without a hole between the first and the last, by rising seq. `before` and `after`: the server has more on
 * that side.
 */
export class Run {
  /** @param {Partial<HistoryPage>} page */
  constructor({ messages = [], before = false, after = false } = {}) {
    this.messages = messages;
    this.before = before;
    this.after = after;
  }

  get first() { return this.messages[0]?.seq ?? Infinity; }
  get last() { return this.messages.at(-1)?.seq ?? 0; }

  /**
   * Where a seq stands, or would stand.
   * @param {number} seq
   */
  indexOf(seq) {
    let [low, high] = [0, this.messages.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * @param {number} seq
   * @returns {MessageState | null}
   */
  find(seq) {
    const message = this.messages[this.indexOf(seq)];
    return message?.seq === seq ? message : null;
  }

  /** @param {number} seq */
  covers(seq) { return seq >= this.first && seq <= this.last; }

  /**
   * Puts a state in its place unless a younger one is there already. Says whether anything changed.
   * @param {MessageState} state
   */
  put(state) {
    const at = this.indexOf(state.seq);
    const known = this.messages[at];
    if (known?.seq !== state.seq) this.messages.splice(at, 0, state);
    else if (state.rev >= known.rev) this.messages[at] = state;
    else return false;
    return true;
  }

  /**
   * @param {HistoryPage} page
   * @param {"before" | "after"} side
   */
  addPage({ messages, before, after }, side) {
    for (const message of messages) this.put(message);
    if (side === "before") this.before = before;
    else this.after = after;
  }
}

const MAX_LOOSE = 200;
/** @type {RoomListener} */
const NO_LISTENER = { reset() {}, message() {}, member() {}, room() {} };

/** `tail` is the run that ends at the newest message. `view` is what is being read: the tail, or a run further back. */
export class Room {
  /** @param {number} id */
  constructor(id) {
    this.id = id;
    /** @type {RoomState} */
    this.state = { id, rev: 0, kind: "", name: "", description: "", archived: false };
    /** @type {Map<number, MemberState>} */
    this.members = new Map();
    this.tail = this.view = new Run();
    /** @type {Map<number, MessageState>} */
    this.loose = new Map(); // seq -> state of messages that are not in memory: a page on its way may be older
    this.loaded = false;
    this.listener = NO_LISTENER;
  }

  /** @param {Partial<RoomListener>} listener */
  listen(listener) { this.listener = { ...NO_LISTENER, ...listener }; }

  /** @param {RoomSnapshot} snapshot */
  snapshot({ room, members, messages, more }) {
    this.state = room;
    this.members = new Map(members.map((member) => [member.id, member]));
    this.tail = this.view = new Run({ messages: [...messages], before: more });
    this.loaded = true;
    this.listener.reset();
  }

  /** @param {{ type: string, data: any, included?: MemberState[] }} event */
  apply({ type, data, included }) {
    this.addMembers(included);
    if (type.startsWith("message.")) this.applyMessage(data);
    else if (type === "member.updated") this.applyMember(data);
    else if (type === "room.updated") this.applyRoom(data);
  }

  /** @param {MessageState} state */
  applyMessage(state) {
    const isNew = state.seq > this.tail.last;
    let changed = false;
    if (state.seq >= this.tail.first || !this.tail.before) changed = this.tail.put(state);
    if (this.view !== this.tail && this.view.covers(state.seq)) changed = this.view.put(state) || changed;
    if (changed) this.listener.message(state, isNew);
    else if (!this.find(state.seq)) this.keepLoose(state);
  }

  /** @param {MessageState} state */
  keepLoose(state) {
    this.loose.set(state.seq, state);
    const [oldest] = this.loose.keys();
    if (this.loose.size > MAX_LOOSE) this.loose.delete(oldest);
  }

  /**
   * The page, with the younger states that came while it was on its way.
   * @param {HistoryPage} page
   * @returns {HistoryPage}
   */
  withNewerStates(page) {
    /** @param {MessageState} message */
    const newest = (message) => {
      const state = this.loose.get(message.seq);
      return state && state.rev > message.rev ? state : message;
    };
    return { ...page, messages: page.messages.map(newest) };
  }

  /** @param {MemberState} state */
  applyMember(state) {
    if ((this.members.get(state.id)?.rev ?? -1) > state.rev) return;
    this.members.set(state.id, state);
    this.listener.member(state);
  }

  /**
   * Members of a large room that came with what names them.
   * @param {MemberState[]} states
   */
  addMembers(states = []) {
    for (const state of states) {
      const held = this.members.get(state.id);
      if (!held) this.members.set(state.id, state); // nothing that is shown names them yet
      else if (held.rev < state.rev) this.applyMember(state);
    }
  }

  /** @param {RoomState} state */
  applyRoom(state) {
    if (this.state.rev > state.rev) return;
    this.state = state;
    this.listener.room(state);
  }

  /** Nobody else is in it. In a large room not all members are known. */
  get isLonely() { return !this.state.large && this.currentMembers.length < 2; }

  /**
   * @param {number} id
   * @returns {MemberState}
   */
  getMember(id) {
    return this.members.get(id) ?? { id, rev: 0, name: "?", handle: "", initials: "?", colour: 0, active: false };
  }

  /** As far as they are known. */
  get currentMembers() {
    return [...this.members.values()].filter(
      (member) => member.active !== false && !member.bot && !member.deactivated,
    );
  }

  /**
   * @param {number} seq
   * @returns {MessageState | null}
   */
  find(seq) { return this.view.find(seq) ?? this.tail.find(seq); }

  /** @param {number} author */
  findLastBy(author) { return this.tail.messages.findLast((message) => message.author === author && !message.deleted); }

  /**
   * A message of this tab's user, by the number that it was sent with.
   * @param {string} clientId
   */
  findSent(clientId) { return this.tail.messages.findLast((message) => message.client_id === clientId); }

  /**
   * A page further back or further on was read. A view that reaches the tail becomes the tail.
   * @param {HistoryPage} page
   * @param {"before" | "after"} side
   */
  addPage(page, side) {
    this.addMembers(page.members);
    this.view.addPage(this.withNewerStates(page), side);
    if (this.view !== this.tail && (!this.view.after || this.view.last + 1 >= this.tail.first)) this.joinTail();
  }

  joinTail() {
    for (const message of this.view.messages) this.tail.put(message);
    this.tail.before = this.view.before;
    this.view = this.tail;
  }

  /**
   * Read somewhere else: a page around a place that the tail does not hold.
   * @param {HistoryPage} page
   */
  showPage(page) {
    this.addMembers(page.members);
    this.view = new Run(this.withNewerStates(page));
    if (this.view.last + 1 >= this.tail.first) this.joinTail();
  }

  /**
   * Forget the oldest messages of a long watch; they can be read again. Says whether there were any.
   * @param {number} most
   */
  trimOldest(most) {
    if (this.view !== this.tail || this.tail.messages.length <= most) return false;
    this.tail.messages.splice(0, this.tail.messages.length - most);
    return this.tail.before = true;
  }

  showTail() { this.view = this.tail; }
}
