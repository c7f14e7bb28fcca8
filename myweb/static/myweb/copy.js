// A line of text with a button that copies it. Without a clipboard (plain http) the text is selected, for the keyboard
// to copy.
import { onView } from "./view.js";

const CONFIRMATION_TIME = 2000; // ms

class CopyLine {
  /** @param {Element} root */
  constructor(root) {
    this.text = /** @type {HTMLElement} */ (root.querySelector(".copy__text"));
    this.button = /** @type {HTMLElement} */ (root.querySelector(".copy__button"));
    this.words = this.button.textContent;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.copy());
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text.textContent ?? "");
    } catch {
      getSelection()?.selectAllChildren(this.text);
      return;
    }
    this.button.textContent = this.button.dataset.copied ?? "";
    setTimeout(() => (this.button.textContent = this.words), CONFIRMATION_TIME);
  }
}

onView(".copy", (line) => new CopyLine(line));
