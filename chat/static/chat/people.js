// The members of the room, those who are online first.
import { createAvatar, cloneTemplate, me } from "./page.js";
import { language, t } from "../myweb/i18n.js";

const byName = new Intl.Collator(language, { sensitivity: "base" }).compare;

/** Fires `write` with a person's id. */
export class People extends EventTarget {
  /** @param {HTMLElement} root */
  constructor(root) {
    super();
    this.root = root;
    /** @type {Record<string, HTMLElement>} */
    this.places = { here: root.querySelector("[data-group=here]"), away: root.querySelector("[data-group=away]") };
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
    this.root.querySelector(".people__many").hidden = !(known && count > 0 && here.size === 0);
  }

  /**
   * @param {"here" | "away"} group
   * @param {string} text
   * @param {number | null} count
   * @param {boolean} shown
   */
  paintHeading(group, text, count, shown) {
    const section = this.places[group].closest("section");
    section.hidden = !shown;
    const heading = section.querySelector("h2");
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
    const button = item.querySelector("button");
    button.dataset.person = person.id;
    button.disabled = person.id === me.id;
    const sign = item.querySelector(".line__sign");
    sign.append(createAvatar(person, "s"));
    sign.toggleAttribute("data-here", here);
    item.querySelector(".line__name").textContent = person.name;
    item.querySelector(".line__hint").textContent = person.id === me.id ? t("you") : `@${person.handle}`;
    if (person.id !== me.id) button.title = t("write_to", { name: person.name });
    return item;
  }
}
