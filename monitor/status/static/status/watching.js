// How many alerts fire and how many checks are down: in the sidebar, and as a red dot on the tab's icon.
import { formatBadge, showCriticalBadge } from "../chat/badge.js";
import { socket } from "../chat/shell.js";
import { t } from "../myweb/i18n.js";

/** @param {{ firing?: number, critical?: number, down?: number }} counts */
function showCounts({ firing = 0, critical = 0, down = 0 }) {
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

socket.follow("watching", { snapshot: showCounts, event: ({ data }) => showCounts(data) });
