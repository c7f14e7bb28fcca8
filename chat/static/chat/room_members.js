// The members of the room, those who are online first.
import { findElement } from "../myweb/elements.js";
import { createAvatar, cloneTemplate, me } from "./page.js";
import { language, t } from "../myweb/i18n.js";

const byName = new Intl.Collator(language, { sensitivity: "base" }).compare;

/** Fires `write` with a person's id. */
export class RoomMembers extends EventTarget {
  /** @param {HTMLElement} root */
  constructor(root) {
    super();
    this.root = root;
    /** @type {Record<string, HTMLElement>} */
    this.places = {
      here: findElement(root, "[data-group=here]", HTMLElement),
      away: findElement(root, "[data-group=away]", HTMLElement),
    };
    root.addEventListener("click", (event) => {
      const id = Number(event.target?.closest("[data-person]")?.dataset.person);
      if (id && id !== me.id) this.dispatchEvent(new CustomEvent("write", { detail: id }));
    });
  }

  /**
   * @param {Room} room
   * @param {Presence} presence
   */
  update(room, presence) {
    const members = room.currentMembers.sort((one, other) => byName(one.name, other.name));
    const { here, count, known } = presence.getState(room.id);
    const split = { here: members.filter(({ id }) => here.has(id)), away: members.filter(({ id }) => !here.has(id)) };
    for (const [group, people] of Object.entries(split)) {
      this.places[group].replaceChildren(...people.map((person) => this.createPerson(person, group === "here")));
    }
    this.paintHeading("here", t("here_now"), known ? count : null, known);
    this.paintHeading("away", t(split.here.length ? "others" : "members"), split.away.length, split.away.length > 0);
    findElement(this.root, ".people__many", HTMLElement).hidden = !(known && count > 0 && here.size === 0);
  }

  /**
   * @param {"here" | "away"} group
   * @param {string} text
   * @param {number | null} count
   * @param {boolean} shown
   */
  paintHeading(group, text, count, shown) {
    const section = this.places[group].closest("section");
    if (!section) return;
    section.hidden = !shown;
    const heading = findElement(section, "h2", HTMLElement);
    heading.replaceChildren(
      text,
      " ",
      Object.assign(document.createElement("span"), { className: "num", textContent: count ?? "" }),
    );
  }

  /**
   * @param {MemberState} person
   * @param {boolean} here
   */
  createPerson(person, here) {
    const item = cloneTemplate("person-template");
    const button = findElement(item, "button", HTMLButtonElement);
    button.dataset.person = person.id;
    button.disabled = person.id === me.id;
    const sign = findElement(item, ".line__sign", HTMLElement);
    sign.append(createAvatar(person, "s"));
    sign.toggleAttribute("data-here", here);
    findElement(item, ".line__name", HTMLElement).textContent = person.name;
    findElement(item, ".line__hint", HTMLElement).textContent = person.id === me.id ? t("you") : `@${person.handle}`;
    if (person.id !== me.id) button.title = t("write_to", { name: person.name });
    return item;
  }
}
