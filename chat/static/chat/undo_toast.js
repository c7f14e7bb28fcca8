// A toast of other pages that says what was done, and takes it back for five seconds. Rooms: deletions.js.
import { createElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";

const TOAST_TIME = 5_000;

/** @type {HTMLElement | null} */
let toast = null;
let timer = 0;

function hideToast() {
  clearTimeout(timer);
  toast?.replaceChildren();
  if (toast) toast.hidden = true;
}

/**
 * @param {string} text
 * @param {(() => void) | null} undo without it the toast only says something
 */
export function showUndoToast(text, undo) {
  hideToast();
  if (!toast?.isConnected) {
    toast = createElement("p", "toast");
    toast.setAttribute("role", "status");
    document.body.append(toast);
  }
  toast.hidden = false;
  toast.append(text);
  if (undo) {
    const button = createElement("button", "toast__button", t("undo"));
    button.type = "button";
    button.addEventListener("click", () => {
      hideToast();
      undo();
    });
    toast.append(" ", button);
  }
  timer = setTimeout(hideToast, TOAST_TIME);
}
