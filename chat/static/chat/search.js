// The server writes times in its own zone; a person reads them in theirs.
import { formatClock, formatDay, onNewDay } from "../myweb/time.js";
import { onView } from "../myweb/view.js";

function paintTimes() {
  for (const time of document.querySelectorAll("time")) {
    if (!time.dateTime) continue;
    time.textContent = `${formatDay(time.dateTime)} · ${formatClock(time.dateTime)}`;
  }
}

onView("main", paintTimes);
onNewDay(paintTimes);
