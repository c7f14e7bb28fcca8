// Ctrl K: go to a room or a person by typing a few letters; Enter on anything else searches for it.
import { findElement, getElement } from "../myweb/elements.js";
import { onKeydown } from "./keyboard.js";
import { createAvatar, me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { urls } from "../myweb/urls.js";
import { rankMatches } from "./ranking.js";
import { formatRoomTitle } from "./sidebar.js";

const MOST = 9;
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export class Switcher {
  /**
   * `go(id)` opens a room, `write(id)` opens a direct conversation with a person.
   * @param {Sidebar} sidebar
   * @param {SwitcherCallbacks} callbacks
   */
  constructor(sidebar, { people, go, write }) {
    this.sidebar = sidebar;
    this.people = people;
    this.go = go;
    this.openDirect = write;
    /** @type {SwitcherEntry[]} */
    this.entries = [];
    this.active = 0;
    this.dialog = getElement("switcher", HTMLDialogElement);
    this.input = findElement(this.dialog, "input", HTMLInputElement);
    this.list = findElement(this.dialog, "[role=listbox]", HTMLElement);
    this.input.addEventListener("input", () => this.redraw());
    onKeydown(this.input, (event) => this.onKey(event));
    this.list.addEventListener("click", (/** @type {any} */ event) =>
      this.choose([...this.list.children].indexOf(event.target.closest("li"))),
    );
    this.dialog.addEventListener("click", (/** @type {Event} */ { target }) => {
      if (target === this.dialog) this.dialog.close();
    });
  }

  open() {
    if (this.dialog.open) return this.dialog.close();
    this.input.value = "";
    this.redraw();
    this.dialog.showModal();
  }

  /** @param {string} text */
  findEntries(text) {
    /** @param {MyRoom} line */
    const unreadFirst = (line) => (this.sidebar.countUnread(line).count ? 0 : 1);
    const rooms = [...this.sidebar.order];
    if (!text) rooms.sort((one, other) => unreadFirst(one) - unreadFirst(other));
    const talking = new Set(rooms.flatMap((line) => (line.people?.length === 1 ? [line.people[0].id] : [])));
    const people = text ? this.people().filter(({ id }) => id !== me.id && !talking.has(id)) : [];
    const entries = [
      ...rooms.map((line) => this.createRoomEntry(line)),
      ...people.map((person) => this.createPersonEntry(person)),
    ];
    return rankMatches(entries, text, ({ names = [] }) => names).slice(0, MOST);
  }

  /** @param {MyRoom} line */
  createRoomEntry(line) {
    const names = [formatRoomTitle(line), ...(line.people ?? []).map(({ handle }) => handle ?? "")];
    return { mark: this.createMark(line), name: names[0], names, hint: "", act: () => this.go(line.id) };
  }

  /** @param {MemberState} member */
  createPersonEntry({ id, name, handle, ...person }) {
    return {
      mark: createAvatar(person, "s"),
      name,
      names: [handle, name],
      hint: `@${handle}`,
      act: () => this.openDirect(id),
    };
  }

  /** @param {MyRoom} line */
  createMark(line) {
    if (line.kind === "direct") return createAvatar(line.people?.[0] ?? me, "s");
    return createIcon(line.kind === "private" ? "lock" : "hash");
  }

  redraw() {
    const text = this.input.value.trim();
    this.entries = this.findEntries(text);
    if (text)
      this.entries.push({
        mark: createIcon("search"),
        name: t("search_for", { text }),
        hint: "",
        act: () => location.assign(urls.search(text)),
      });
    this.active = 0;
    this.list.replaceChildren(...this.entries.map((entry, index) => this.createOption(entry, index)));
    this.markActive();
  }

  /**
   * @param {SwitcherEntry} entry
   * @param {number} index
   */
  createOption({ mark, name, hint }, index) {
    const option = document.createElement("li");
    option.id = `switcher-${index}`;
    option.className = "completion__option";
    option.setAttribute("role", "option");
    const label = Object.assign(document.createElement("span"), { textContent: name });
    option.append(mark, label, Object.assign(document.createElement("small"), { textContent: hint }));
    return option;
  }

  markActive() {
    [...this.list.children].forEach((option, index) =>
      option.setAttribute("aria-selected", String(index === this.active)),
    );
    this.list.children[this.active]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", this.entries.length ? `switcher-${this.active}` : "");
  }

  /** @param {any} event */
  onKey(event) {
    const step = STEPS[event.key];
    if (step && this.entries.length) this.active = (this.active + step + this.entries.length) % this.entries.length;
    else if (event.key === "Enter") this.choose(this.active);
    else return;
    event.preventDefault();
    this.markActive();
  }

  /** @param {number} index */
  choose(index) {
    const entry = this.entries[index];
    if (!entry) return;
    this.dialog.close();
    entry.act();
  }
}
