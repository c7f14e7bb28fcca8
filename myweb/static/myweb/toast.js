// How long Undo is offered, and the toast that offers it outside rooms. In rooms: message_actions.js, deletions.js.
import { createElement } from "./elements.js";
import { t } from "./i18n.js";

export const UNDO_TIME = 5_000;

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
export function showToast(text, undo) {
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
  timer = setTimeout(hideToast, UNDO_TIME);
}
