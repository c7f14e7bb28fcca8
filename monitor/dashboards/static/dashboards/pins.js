// Pins messages of the room to the time axis of charts, and takes them off.
import { getElement } from "../myweb/elements.js";
import { addMessageAction, onRoomChange, roomPage } from "../chat/room_page.js";
import { getJson } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";

const words = getElement("pin-words", HTMLElement).dataset;
/** @type {Set<number>} */
let pinned = new Set(); // numbers of the room's messages

/** @param {number | null} room */
async function loadPins(room) {
  pinned = new Set();
  const numbers = await getJson(words.pins.replace("/0/", `/${room}/`));
  if (room === roomPage.room) pinned = new Set(numbers);
}

/** @param {MessageState} message */
async function togglePin({ id }) {
  const on = !pinned.has(id);
  try {
    await roomPage.socket.send("pin.set", { message: id, on });
    pinned[on ? "add" : "delete"](id);
    dispatchEvent(new Event("pinned")); // for the charts of this page; other pages learn it from their stream
  } catch (error) {
    roomPage.showToast(/** @type {CommandError} */ (error).text || t("not_now"));
  }
}

addMessageAction({ icon: "pin", label: ({ id }) => (pinned.has(id) ? words.unpin : words.pin), act: togglePin });
onRoomChange((room) => room && loadPins(room).catch(() => {})); // then all look as if they were not pinned
