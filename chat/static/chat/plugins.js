// What the room page gives to the modules of other apps (myweb/templates/plugins.html), which run after it has begun.
const events = new EventTarget();

/**
 * `showToast(text)` shows a toast, `room` is the number of the room that is on the page.
 * @type {{ socket: any, showToast: (text: string) => void, room: number | null }}
 */
export const roomPage = { socket: null, showToast() {}, room: null };

/** What else can be done with a message. */
export const pluginActions = [];

/**
 * `{ icon, label(message), act(message) }` adds a button to the bar of messages; where it has no label it is not
 * shown.
 */
export function addMessageAction(action) { pluginActions.push(action); }

/** By the page itself, once. */
export function startPlugins(page) { Object.assign(roomPage, page); }

/** By the page itself: another room is on it. */
export function setCurrentRoom(room) {
  roomPage.room = room;
  events.dispatchEvent(new Event("room"));
}

/** `listener(room)` at once and whenever the page goes to another room. */
export function onRoomChange(listener) {
  events.addEventListener("room", () => listener(roomPage.room));
  if (roomPage.room !== null) listener(roomPage.room);
}
