// How many alerts fire and how many checks are down: in the sidebar, and as a red dot on the tab's icon. A strip says
// since when nothing is measured.
import { formatBadge, showCriticalBadge } from "../chat/unread.js";
import { socket } from "../chat/shell.js";
import { t, tNodes } from "../myweb/i18n.js";
import { createTime } from "../myweb/time.js";
import { onView } from "../myweb/view.js";

let unmeasuredSince = 0; // seconds since 1970; 0: it is measured

/** @param {HTMLElement} strip */
function paintStrip(strip) {
  strip.hidden = unmeasuredSince === 0;
  const time = createTime(unmeasuredSince * 1000, "moment");
  strip.replaceChildren(...(unmeasuredSince ? [createText(tNodes("strip_unmeasured", { time }))] : []));
}

/** @param {Iterable<Node | string>} nodes */
function createText(nodes) {
  const text = document.createElement("span");
  text.append(...nodes);
  return text;
}

/** @param {{ firing?: number, critical?: number, down?: number, unmeasured_since?: number }} watching */
function showWatching({ firing = 0, critical = 0, down = 0, unmeasured_since: since = 0 }) {
  if (since !== unmeasuredSince) {
    unmeasuredSince = since;
    for (const strip of document.querySelectorAll("#unmeasured-strip")) paintStrip(/** @type {HTMLElement} */ (strip));
  }
  const counts = { firing, down };
  for (const [name, count] of Object.entries(counts))
    for (const place of document.querySelectorAll(`[data-count="${name}"]`)) {
      const text = document.createElement("span");
      text.className = "sr";
      text.textContent = t(`count_${name}`, { count });
      place.replaceChildren(`${formatBadge(count)} `, text);
      place.hidden = count === 0;
    }
  showCriticalBadge(critical);
}

onView("#unmeasured-strip", paintStrip);
socket.follow("watching", { snapshot: showWatching, event: ({ data }) => showWatching(data) });
