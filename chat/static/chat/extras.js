// What the room page gives to the modules of other apps (myweb/templates/extras.html), which run after it has begun.
const page = new EventTarget();

/** `socket`, `say(text)` shows a toast, `room` is the number of the room that is on the page. */
/** @type {{ socket: any, say: (text: string) => void, room: number | null }} */
export const talk = { socket: null, say() {}, room: null };

/** What else can be done with a message. */
export const actions = [];

/**
 * `{ icon, label(message), act(message) }` adds a button to the bar of messages; where it has no label it is not
 * shown.
 */
export function action(added) { actions.push(added); }

/** By the page itself, once. */
export function opened(given) { Object.assign(talk, given); }

/** By the page itself: another room is on it. */
export function entered(room) {
  talk.room = room;
  page.dispatchEvent(new Event("room"));
}

/** `told(room)` at once and whenever the page goes to another room. */
export function onRoom(told) {
  page.addEventListener("room", () => told(talk.room));
  if (talk.room !== null) told(talk.room);
}
