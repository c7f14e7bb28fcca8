// The server writes times in its own zone; a person reads them in theirs.
import { clock, day, onNewDay } from "../myweb/time.js";

function draw() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = `${day(time.dateTime)} · ${clock(time.dateTime)}`;
  }
}

draw();
onNewDay(draw);
