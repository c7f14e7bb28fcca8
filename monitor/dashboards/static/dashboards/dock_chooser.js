// Which dashboard to dock: those of the room first, then the others that one may see.
import { getJson } from "../myweb/api.js";
import { onKeydown } from "../myweb/keyboard.js";
import { cloneTemplate } from "../chat/page.js";
import { findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { roomPage } from "../chat/room_page.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export class DashboardChooser {
  /** @type {any} */
  from = null; // the button that opened it

  /** @param {(key: string) => void} chosen */
  constructor(chosen) {
    this.chosen = chosen;
    this.menu = cloneTemplate("dock-chooser");
    onKeydown(this.menu, (event) => this.onKey(event));
    this.menu.addEventListener("click", (/** @type {any} */ event) => this.onClick(event.target.closest("button")));
    this.menu.addEventListener("toggle", (/** @type {any} */ { newState }) => newState === "closed" && this.onClose());
    document.body.append(this.menu);
  }

  /**
   * `from` is the button that opened it: the focus returns to it.
   * @param {number} room
   * @param {string | null} current
   * @param {HTMLElement} from
   */
  async open(room, current, from) {
    this.from = from;
    try {
      this.fill(await getJson(`${this.menu.dataset.boards}?${new URLSearchParams({ room: String(room) })}`), current);
    } catch {
      return roomPage.showToast(t("not_now"));
    }
    this.menu.showPopover();
    (this.menu.querySelector("[aria-current]") ?? this.menu.querySelector("button"))?.focus();
  }

  /**
   * @param {DockableBoard[]} boards
   * @param {string | null} current
   */
  fill(boards, current) {
    const groups = [boards.filter(({ here }) => here), boards.filter(({ here }) => !here)];
    [...this.menu.querySelectorAll("section")].forEach((section, index) => {
      section.hidden = !groups[index].length;
      findElement(section, "h2", HTMLElement).hidden = !groups[0].length;
      const lines = groups[index].map((board) => this.createLine(board, current));
      findElement(section, "ul", HTMLElement).replaceChildren(...lines);
    });
    findElement(this.menu, ".chooser__none", HTMLElement).hidden = boards.length > 0;
  }

  /**
   * @param {DockableBoard} board
   * @param {string | null} current
   */
  createLine({ key, title }, current) {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "menu__item chooser__item",
    });
    button.dataset.key = key;
    button.append(Object.assign(document.createElement("span"), { textContent: title }));
    if (key === current) button.setAttribute("aria-current", "true");
    item.append(button);
    return item;
  }

  /** @param {HTMLElement | null} button */
  onClick(button) {
    if (!button) return;
    this.menu.hidePopover();
    this.chosen(button.dataset.key);
  }

  onClose() {
    if (
      this.from?.isConnected &&
      (document.activeElement === document.body || this.menu.contains(document.activeElement))
    )
      this.from.focus();
  }

  /** @param {any} event */
  onKey(event) {
    const step = STEPS[event.key];
    if (!step) return;
    const all = [...this.menu.querySelectorAll("button")];
    all.at((all.findIndex((button) => button === document.activeElement) + step) % all.length)?.focus();
    event.preventDefault();
  }
}
