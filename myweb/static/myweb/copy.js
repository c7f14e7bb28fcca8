// A button that copies the field or the text whose id is in data-copy. Without a clipboard (plain http) that is
// selected, for the keyboard to copy.
import { getElement } from "./elements.js";
import { onView } from "./view.js";

const CONFIRMATION_TIME = 2000; // ms

/** @param {HTMLElement} button */
async function copyText(button) {
  const source = getElement(button.dataset.copy, HTMLElement);
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(source instanceof HTMLInputElement ? source.value : (source.textContent ?? ""));
  } catch {
    if (source instanceof HTMLInputElement) source.select();
    else getSelection()?.selectAllChildren(source);
    return;
  }
  button.textContent = button.dataset.copied ?? "";
  setTimeout(() => (button.textContent = label), CONFIRMATION_TIME);
}

onView("[data-copy]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => copyText(button));
});
