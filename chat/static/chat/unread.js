// What is unread, in all rooms: "(3) operations · Workspace" in the tab, a dot on its icon, the badges beside the page.
import { createElement, findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { config, me } from "./page.js";

const MAX_COUNT = 99; // the server counts one further (UNREAD_LIMIT in chat/sidebar.py)
const workspace = config.workspace;
const link = findElement(document, "link[rel=icon]", HTMLLinkElement);
const plain = link.href;
const { dottedIcon, criticalIcon } = document.body.dataset;
let unread = 0;
let critical = 0;

/**
 * The number on a badge.
 * @param {number} count
 */
export const formatBadge = (count) => (count > MAX_COUNT ? `${MAX_COUNT}+` : String(count));

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
function showInTab(total, name) {
  document.title = `${total ? `(${formatBadge(total)}) ` : ""}${name} · ${workspace}`;
  unread = total;
  paintIcon();
  if (navigator.setAppBadge && me) (total ? navigator.setAppBadge(total) : navigator.clearAppBadge()).catch(() => {});
}

/**
 * @param {{ total: number, mine: number, current: number | null,
 *   getLine: (room: number) => MyRoom | undefined }} sidebar
 * @param {string} name of the page
 */
export function showUnread(sidebar, name) {
  showInTab(sidebar.total, name);
  const current = sidebar.current ? (sidebar.getLine(sidebar.current)?.unread ?? 0) : 0;
  for (const button of document.querySelectorAll("[data-toggles=rooms]"))
    button.toggleAttribute("data-unread", sidebar.total - current > 0);
  const count = formatBadge(sidebar.mine);
  for (const badge of document.querySelectorAll("[data-mine]")) {
    badge.hidden = sidebar.mine === 0;
    badge.replaceChildren(`${count} `, createElement("span", "sr", t("unread_mine", { count })));
  }
}
