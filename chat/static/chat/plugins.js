// What the room page gives to the modules of other apps (myweb/templates/plugins.html), which run after it has begun.
const events = new EventTarget();

/**
 * `say(text)` shows a toast, `room` is the number of the room that is on the page.
 * @type {{ socket: any, say: (text: string) => void, room: number | null }}
 */
export const roomPage = { socket: null, say() {}, room: null };

/** What else can be done with a message. */
export const pluginActions = [];

/**
 * `{ icon, label(message), act(message) }` adds a button to the bar of messages; where it has no label it is not
 * shown.
 */
export function addAction(action) { pluginActions.push(action); }

/** By the page itself, once. */
export function startPlugins(page) { Object.assign(roomPage, page); }

/** By the page itself: another room is on it. */
export function setRoom(room) {
  roomPage.room = room;
  events.dispatchEvent(new Event("room"));
}

/** `listener(room)` at once and whenever the page goes to another room. */
export function onRoom(listener) {
  events.addEventListener("room", () => listener(roomPage.room));
  if (roomPage.room !== null) listener(roomPage.room);
}
