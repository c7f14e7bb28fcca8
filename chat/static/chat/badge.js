// The tab's own sign: "(3) operations · Workspace", and a dot on its icon.
import { findElement } from "../myweb/elements.js";
import { config, me } from "./page.js";

const workspace = config.workspace;
const link = findElement(document, "link[rel=icon]", HTMLLinkElement);
const plain = link.href;
const { dottedIcon, criticalIcon } = document.body.dataset;
let unread = 0;
let critical = 0;

/** Red while something critical fires, else what is unread. */
function paintIcon() {
  const icon = critical ? criticalIcon : unread ? dottedIcon : plain;
  const wanted = new URL(icon, location.href).href;
  if (link.href !== wanted) link.href = wanted;
}

/**
 * How many critical alerts fire.
 * @param {number} count
 */
export function showCriticalBadge(count) {
  critical = count;
  paintIcon();
}

/**
 * @param {number} total
 * @param {string} name of the page
 */
export function showUnreadBadge(total, name) {
  const count = total > 99 ? "99+" : total;
  document.title = `${total ? `(${count}) ` : ""}${name} · ${workspace}`;
  unread = total;
  paintIcon();
  if (navigator.setAppBadge && me) (total ? navigator.setAppBadge(total) : navigator.clearAppBadge()).catch(() => {});
}
