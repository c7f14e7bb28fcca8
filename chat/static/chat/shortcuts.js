// The keyboard's own ways, and the list of them.
import { onKeydown } from "./keyboard.js";
import { isTextField } from "./page.js";

const help = document.getElementById("help");

/** `acts`: switcher(), step(by), markRead(). */
export function listenForShortcuts(acts) {
  onKeydown(document, (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && !event.shiftKey && event.key.toLowerCase() === "k") acts.switcher();
    else if (event.altKey && event.key === "ArrowUp") acts.step(-1);
    else if (event.altKey && event.key === "ArrowDown") acts.step(1);
    else if (event.shiftKey && event.key === "Escape") acts.markRead();
    else if (event.key === "?" && !command && !isTextField(event.target) && !document.querySelector("dialog[open]"))
      help.showModal();
    else return;
    event.preventDefault();
  });
  for (const button of document.querySelectorAll("[data-opens=help]"))
    button.addEventListener("click", () => help.showModal());
  help.addEventListener("click", (event) => event.target === help && help.close());
}
