// The tab's own sign: "(3) operations · Workspace", and a dot on its icon.
import { findElement } from "../myweb/elements.js";
import { config, me } from "./page.js";
import { playCriticalSound } from "./sound.js";

const MAX_COUNT = 99; // the server counts one further (UNREAD_LIMIT in chat/sidebar.py)
const workspace = config.workspace;
const link = findElement(document, "link[rel=icon]", HTMLLinkElement);
const plain = link.href;
const { dottedIcon, criticalIcon } = document.body.dataset;
let unread = 0;
let critical = -1; // not known yet

/**
 * The number on a badge.
 * @param {number} count
 */
export const formatBadge = (count) => (count > MAX_COUNT ? `${MAX_COUNT}+` : String(count));

/** Red while something critical fires, else what is unread. */
function paintIcon() {
  const icon = critical > 0 ? criticalIcon : unread ? dottedIcon : plain;
  const wanted = new URL(icon, location.href).href;
  if (link.href !== wanted) link.href = wanted;
}

/**
 * How many critical alerts fire. Another one is heard.
 * @param {number} count
 */
export function showCriticalBadge(count) {
  if (critical >= 0 && count > critical) playCriticalSound();
  critical = count;
  paintIcon();
}

/**
 * @param {number} total
 * @param {string} name of the page
 */
export function showUnreadBadge(total, name) {
  document.title = `${total ? `(${formatBadge(total)}) ` : ""}${name} · ${workspace}`;
  unread = total;
  paintIcon();
  if (navigator.setAppBadge && me) (total ? navigator.setAppBadge(total) : navigator.clearAppBadge()).catch(() => {});
}
