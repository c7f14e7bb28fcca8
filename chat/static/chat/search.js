// The server writes times in its own zone; a person reads them in theirs.
import { formatClock, formatDay, onNewDay } from "../myweb/time.js";

function paintTimes() {
  for (const time of document.querySelectorAll("time")) {
    if (!time.dateTime) continue;
    time.textContent = `${formatDay(time.dateTime)} · ${formatClock(time.dateTime)}`;
  }
}

paintTimes();
onNewDay(paintTimes);
