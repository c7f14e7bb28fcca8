// Ctrl K: go to a room or a person by typing a few letters; Enter on anything else searches for it.
import { onKeydown } from "./keyboard.js";
import { avatar, me } from "./page.js";
import { t } from "../myweb/i18n.js";
import { icon } from "../myweb/icons.js";
import { urls } from "../myweb/urls.js";
import { ranked } from "./ranking.js";
import { title } from "./sidebar.js";

const MOST = 9;

export class Switcher {
  /** `go(id)` opens a room, `write(id)` opens a direct conversation with a person. */
  constructor(sidebar, { people, go, write }) {
    this.sidebar = sidebar;
    this.people = people;
    this.go = go;
    this.write = write;
    this.entries = [];
    this.at = 0;
    this.dialog = document.getElementById("switcher");
    this.input = this.dialog.querySelector("input");
    this.list = this.dialog.querySelector("[role=listbox]");
    this.input.addEventListener("input", () => this.draw());
    onKeydown(this.input, (event) => this.key(event));
    this.list.addEventListener("click", (event) =>
      this.take([...this.list.children].indexOf(event.target.closest("li"))),
    );
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open() {
    if (this.dialog.open) return this.dialog.close();
    this.input.value = "";
    this.draw();
    this.dialog.showModal();
  }

  find(text) {
    const unreadFirst = (line) => (this.sidebar.unread(line).count ? 0 : 1);
    const rooms = [...this.sidebar.order];
    if (!text) rooms.sort((one, other) => unreadFirst(one) - unreadFirst(other));
    const talking = new Set(rooms.flatMap((line) => (line.people?.length === 1 ? [line.people[0].id] : [])));
    const people = text ? this.people().filter(({ id }) => id !== me.id && !talking.has(id)) : [];
    const entries = [...rooms.map((line) => this.roomEntry(line)), ...people.map((person) => this.personEntry(person))];
    return ranked(entries, text, ({ names }) => names).slice(0, MOST);
  }

  roomEntry(line) {
    const names = [title(line), ...(line.people ?? []).map(({ handle }) => handle ?? "")];
    return { mark: this.mark(line), name: names[0], names, hint: "", act: () => this.go(line.id) };
  }

  personEntry({ id, name, handle, ...person }) {
    return { mark: avatar(person, "s"), name, names: [handle, name], hint: `@${handle}`, act: () => this.write(id) };
  }

  mark(line) {
    if (line.kind === "direct") return avatar(line.people?.[0] ?? me, "s");
    return icon(line.kind === "private" ? "lock" : "hash");
  }

  draw() {
    const text = this.input.value.trim();
    this.entries = this.find(text);
    if (text)
      this.entries.push({
        mark: icon("search"),
        name: t("search_for", { text }),
        hint: "",
        act: () => location.assign(urls.search(text)),
      });
    this.at = 0;
    this.list.replaceChildren(...this.entries.map((entry, index) => this.option(entry, index)));
    this.point();
  }

  option({ mark, name, hint }, index) {
    const option = document.createElement("li");
    option.id = `switcher-${index}`;
    option.className = "completion__option";
    option.setAttribute("role", "option");
    const label = Object.assign(document.createElement("span"), { textContent: name });
    option.append(mark, label, Object.assign(document.createElement("small"), { textContent: hint }));
    return option;
  }

  point() {
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", this.entries.length ? `switcher-${this.at}` : "");
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.entries.length) this.at = (this.at + step + this.entries.length) % this.entries.length;
    else if (event.key === "Enter") this.take(this.at);
    else return;
    event.preventDefault();
    this.point();
  }

  take(index) {
    const entry = this.entries[index];
    if (!entry) return;
    this.dialog.close();
    entry.act();
  }
}
