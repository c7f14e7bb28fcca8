// The panel of `/help`: every command with what it does. A click puts the command into the composer.
import { findElement, getElement } from "../myweb/elements.js";

const panel = getElement("command-help", HTMLElement);

/** @param {(text: string) => void} insert */
export function startCommandHelp(insert) {
  panel.addEventListener("click", (event) => {
    const text = event.target?.closest("[data-insert]")?.dataset.insert;
    if (text === undefined) return;
    panel.hidePopover();
    insert(text);
  });
}

export function openCommandHelp() {
  panel.showPopover();
  findElement(panel, "h2", HTMLElement).focus();
}
