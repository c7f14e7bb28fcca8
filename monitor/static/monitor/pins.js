// Pins messages of the room to the time axis of charts, and takes them off.
import { addAction, onRoom, roomPage } from "../chat/plugins.js";
import { getJson } from "../myweb/api.js";
import { t } from "../myweb/i18n.js";

const words = document.getElementById("pin-words").dataset;
let pinned = new Set(); // numbers of the room's messages

async function look(room) {
  pinned = new Set();
  const found = await getJson(words.pins.replace("/0/", `/${room}/`));
  if (room === roomPage.room) pinned = new Set(found);
}

async function turn({ id }) {
  const on = !pinned.has(id);
  try {
    await roomPage.socket.send("pin.set", { message: id, on });
    pinned[on ? "add" : "delete"](id);
    dispatchEvent(new Event("pinned")); // for the charts of this page; others are told by their stream
  } catch (error) {
    roomPage.say(error.text || t("not_now"));
  }
}

addAction({ icon: "pin", label: ({ id }) => (pinned.has(id) ? words.unpin : words.pin), act: turn });
onRoom((room) => look(room).catch(() => {})); // then all look as if they were not pinned
