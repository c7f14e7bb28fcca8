// Keyboard shortcuts, and the dialog that lists them.
import { getElement } from "../myweb/elements.js";
import { onKeydown } from "../myweb/keyboard.js";
import { isTextField } from "./page.js";

const help = getElement("help", HTMLDialogElement);

/** @param {{ palette: () => void, step: (by: number) => void, markRead: () => void }} actions */
export function listenForShortcuts(actions) {
  onKeydown(document, (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && !event.shiftKey && event.key.toLowerCase() === "k") actions.palette();
    else if (event.altKey && event.key === "ArrowUp") actions.step(-1);
    else if (event.altKey && event.key === "ArrowDown") actions.step(1);
    else if (event.shiftKey && event.key === "Escape") actions.markRead();
    else if (event.key === "?" && !command && !isTextField(event.target) && !document.querySelector("dialog[open]"))
      help.showModal();
    else return;
    event.preventDefault();
  });
  for (const button of document.querySelectorAll("[data-opens=help]"))
    button.addEventListener("click", () => help.showModal());
  help.addEventListener("click", (/** @type {MouseEvent} */ event) => event.target === help && help.close());
}
