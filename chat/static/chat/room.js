// What is known of one room: snapshot + events == a fresh snapshot. No page in here.

/** Messages without a hole between the first and the last, by rising seq. `before` and `after`: the book has more on that side. */
export class Run {
  constructor({ messages = [], before = false, after = false } = {}) {
    Object.assign(this, { messages, before, after });
  }

  get first() { return this.messages[0]?.seq ?? Infinity; }
  get last() { return this.messages.at(-1)?.seq ?? 0; }

  /** Where a seq stands, or would stand. */
  place(seq) {
    let [low, high] = [0, this.messages.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(seq) {
    const message = this.messages[this.place(seq)];
    return message?.seq === seq ? message : null;
  }

  covers(seq) { return seq >= this.first && seq <= this.last; }

  /** Puts a state in its place unless a younger one is there already. Says whether anything changed. */
  put(state) {
    const at = this.place(state.seq);
    const held = this.messages[at];
    if (held?.seq !== state.seq) this.messages.splice(at, 0, state);
    else if (state.rev >= held.rev) this.messages[at] = state;
    else return false;
    return true;
  }

  grow({ messages, before, after }, side) {
    for (const message of messages) this.put(message);
    if (side === "before") this.before = before;
    else this.after = after;
  }
}

const LOOSE = 200;
const SILENT = { reset() {}, message() {}, member() {}, room() {} };

/** `tail` is the run that ends at the newest message. `view` is what is being read: the tail, or a run further back. */
export class Room {
  constructor(id) {
    this.id = id;
    this.state = { id, rev: 0, kind: "", name: "", description: "", archived: false };
    this.members = new Map();
    this.tail = this.view = new Run();
    this.loose = new Map(); // seq -> state of messages that are not held: a page that was asked for before may be older
    this.loaded = false;
    this.listener = SILENT;
  }

  listen(listener) { this.listener = { ...SILENT, ...listener }; }

  snapshot({ room, members, messages, more }) {
    this.state = room;
    this.members = new Map(members.map((member) => [member.id, member]));
    this.tail = this.view = new Run({ messages: [...messages], before: more });
    this.loaded = true;
    this.listener.reset();
  }

  apply({ type, data }) {
    if (type.startsWith("message.")) this.message(data);
    else if (type === "member.updated") this.member(data);
    else if (type === "room.updated") this.room(data);
  }

  message(state) {
    const isNew = state.seq > this.tail.last;
    let changed = false;
    if (state.seq >= this.tail.first || !this.tail.before) changed = this.tail.put(state);
    if (this.view !== this.tail && this.view.covers(state.seq)) changed = this.view.put(state) || changed;
    if (changed) this.listener.message(state, isNew);
    else if (!this.find(state.seq)) this.remember(state);
  }

  remember(state) {
    this.loose.set(state.seq, state);
    if (this.loose.size > LOOSE) this.loose.delete(this.loose.keys().next().value);
  }

  /** The page, with the younger states that came while it was on its way. */
  younger(page) {
    const newest = (message) => (this.loose.get(message.seq)?.rev > message.rev ? this.loose.get(message.seq) : message);
    return { ...page, messages: page.messages.map(newest) };
  }

  member(state) {
    if ((this.members.get(state.id)?.rev ?? -1) > state.rev) return;
    this.members.set(state.id, state);
    this.listener.member(state);
  }

  room(state) {
    if (this.state.rev > state.rev) return;
    this.state = state;
    this.listener.room(state);
  }

  person(id) {
    return this.members.get(id) ?? { id, name: "?", handle: "", initials: "?", colour: 0, active: false };
  }

  get present() { return [...this.members.values()].filter((member) => member.active !== false && !member.bot && !member.deactivated); }

  find(seq) { return this.view.find(seq) ?? this.tail.find(seq); }

  lastOf(author) { return this.tail.messages.findLast((message) => message.author === author && !message.deleted); }

  /** A message of this tab's user, by the number that it was sent with. */
  findSent(clientId) { return this.tail.messages.findLast((message) => message.client_id === clientId); }

  /** A page further back or further on was read. A view that reaches the tail becomes the tail. */
  grow(page, side) {
    this.view.grow(this.younger(page), side);
    if (this.view !== this.tail && (!this.view.after || this.view.last + 1 >= this.tail.first)) this.join();
  }

  join() {
    for (const message of this.view.messages) this.tail.put(message);
    this.tail.before = this.view.before;
    this.view = this.tail;
  }

  /** Read somewhere else: a page around a place that the tail does not hold. */
  look(page) {
    this.view = new Run(this.younger(page));
    if (this.view.last + 1 >= this.tail.first) this.join();
  }

  /** Forget the oldest messages of a long watch; they can be read again. Says whether there were any. */
  shorten(most) {
    if (this.view !== this.tail || this.tail.messages.length <= most) return false;
    this.tail.messages.splice(0, this.tail.messages.length - most);
    return this.tail.before = true;
  }

  lookAtTail() { this.view = this.tail; }
}
