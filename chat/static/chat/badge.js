// The tab's own sign: "(3) operations · Workspace", and a dot on its icon.
import { findElement } from "../myweb/elements.js";
import { config, me } from "./page.js";

const workspace = config.workspace;
const link = findElement(document, "link[rel=icon]", HTMLLinkElement);
const plain = link.href;
const dotted = document.body.dataset.dottedIcon;

/**
 * @param {number} total
 * @param {string} name of the page
 */
export function showUnreadBadge(total, name) {
  const count = total > 99 ? "99+" : total;
  document.title = `${total ? `(${count}) ` : ""}${name} · ${workspace}`;
  const wanted = total ? new URL(dotted, location.href).href : plain;
  if (link.href !== wanted) link.href = wanted;
  if (navigator.setAppBadge && me) (total ? navigator.setAppBadge(total) : navigator.clearAppBadge()).catch(() => {});
}
