// Copy buttons. Without a clipboard (plain http) the field is selected instead, for the keyboard to copy.
import { getElement } from "../myweb/elements.js";
import { onView } from "../myweb/view.js";

/** @param {HTMLElement} button */
async function copyField(button) {
  const field = getElement(button.dataset.copy, HTMLInputElement);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return;
  }
  const words = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => (button.textContent = words), 2000);
}

onView("[data-copy]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => copyField(button));
});
