// Saves a form of settings as soon as a field changes: choices at once, texts when they are left. The buttons to save
// are for browsers without scripts.
import { postJson } from "../myweb/api.js";
import { createElement } from "../myweb/elements.js";
import { onView } from "../myweb/view.js";
import { PictureSetting } from "./picture_setting.js";

const SAVED_TIME = 2000; // ms
const VALUE_FIELDS = "textarea, input:not([type=radio], [type=checkbox], [type=file], [type=hidden])";

class SettingsForm {
  /** @param {any} form */
  constructor(form) {
    this.form = form;
    this.address = form.action; // another page may be shown when it is saved
    this.note = createElement("span", "setting__saved");
    this.note.setAttribute("role", "status");
    this.saving = Promise.resolve();
    this.timer = 0;
    this.noteTimer = 0;
    for (const button of form.querySelectorAll("button[type=submit]")) button.hidden = true;
    form.addEventListener("change", (/** @type {any} */ { target }) => this.onChange(target));
    form.addEventListener("submit", () => clearTimeout(this.timer)); // by Enter: the page comes again
  }

  /** @param {any} field */
  onChange(field) {
    if ("submits" in field.dataset) return this.form.requestSubmit();
    this.timer = setTimeout(() => { this.saving = this.saving.then(() => this.save(field)); });
  }

  /** @param {any} field */
  async save(field) {
    this.show(field, "");
    try {
      const saved = await postJson(this.address, new FormData(this.form), { keepalive: true });
      this.showErrors({});
      this.keepSaved();
      this.showOwn(saved);
      this.show(field, this.form.dataset.saved);
    } catch (error) {
      const { body, text } = /** @type {any} */ (error);
      this.showErrors(body?.fields ?? { [field.name]: text || this.form.dataset.failed });
      for (const option of field.options ?? []) option.selected = option.defaultSelected; // a text stays as typed
    }
  }

  /** What was saved is no longer typed and unsaved. */
  keepSaved() {
    for (const option of this.form.querySelectorAll("option")) option.defaultSelected = option.selected;
    for (const box of this.form.querySelectorAll("[type=radio], [type=checkbox]")) box.defaultChecked = box.checked;
    for (const field of this.form.querySelectorAll(VALUE_FIELDS)) field.defaultValue = field.value;
  }

  /**
   * @param {any} field
   * @param {string} text
   */
  show(field, text) {
    clearTimeout(this.noteTimer);
    const line = field.closest(".setting, .member-list__role");
    if (this.note.parentElement !== line) line?.append(this.note);
    this.note.textContent = text;
    if (text) this.noteTimer = setTimeout(() => { this.note.textContent = ""; }, SAVED_TIME);
  }

  /** @param {Record<string, string>} texts by the name of the field */
  showErrors(texts) {
    for (const field of this.form.elements)
      if (field.name in texts) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    for (const place of this.form.querySelectorAll("[data-error]")) {
      const text = texts[place.dataset.error];
      place.replaceChildren(...(text ? [createElement("p", "errorlist", text)] : []));
      place.setAttribute("role", "alert");
    }
  }

  /**
   * The own name and initials, which the shell shows too.
   * @param {{ name?: string, initials?: string, colour?: number }} me
   */
  showOwn({ name, initials, colour }) {
    if (!name) return;
    for (const place of document.querySelectorAll("[data-own=name]")) place.textContent = name;
    for (const place of document.querySelectorAll("[data-own=initials]"))
      place.replaceChildren(initials ?? "", ...place.querySelectorAll("img"));
    for (const avatar of document.querySelectorAll(".side [data-own=initials]"))
      avatar.className = `avatar avatar--s avatar--${colour}`;
  }
}

onView("form[data-saves]", (form) => new SettingsForm(form));
onView("form:not([data-saves]):has([data-submits])", (form) => {
  for (const button of form.querySelectorAll("button[type=submit]")) button.hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
});
onView("form[data-picture]", (form, signal) => new PictureSetting(form, signal));
onView("[data-saves-note]", (note) => { note.hidden = false; });
