// What the room page gives to the modules of other apps (myweb/templates/plugins.html), which run after it has begun.
const events = new EventTarget();

/**
 * @typedef {object} MessageAction
 * @property {string} icon
 * @property {(message: MessageState) => string} label
 * @property {(message: MessageState) => any} act
 */

/**
 * `showToast(text)` shows a toast, `room` is the number of the room that is on the page.
 * @type {{ socket: Socket, showToast: (text: string) => void, room: number | null }}
 */
export const roomPage = { socket: /** @type {any} */ (null), showToast() {}, room: null };

/**
 * What else can be done with a message.
 * @type {MessageAction[]}
 */
export const pluginActions = [];

/**
 * Adds a button to the bar of messages; where it has no label it is not shown.
 * @param {MessageAction} action
 */
export function addMessageAction(action) { pluginActions.push(action); }

/**
 * By the page itself, once.
 * @param {{ socket: Socket, showToast: (text: string) => void }} page
 */
export function startPlugins(page) { Object.assign(roomPage, page); }

/**
 * By the page itself: another room is on it.
 * @param {number} room
 */
export function setCurrentRoom(room) {
  roomPage.room = room;
  events.dispatchEvent(new Event("room"));
}

/**
 * `listener(room)` at once and whenever the page goes to another room.
 * @param {(room: number | null) => void} listener
 */
export function onRoomChange(listener) {
  events.addEventListener("room", () => listener(roomPage.room));
  if (roomPage.room !== null) listener(roomPage.room);
}
