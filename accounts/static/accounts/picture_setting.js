// The setting of the own picture or the logo: previewed, uploaded, and in use once the worker has made it small.
import { getJson, postJson } from "../myweb/api.js";
import { createElement, findElement } from "../myweb/elements.js";

const PREVIEW = 112; // px, twice what is shown
const ASKED_EVERY = 500; // ms
const ASKED_FOR = 60_000;

/** @typedef {{ address: string, state: string, text: string }} PictureState */

export class PictureSetting {
  /**
   * @param {any} form
   * @param {AbortSignal} signal
   */
  constructor(form, signal) {
    this.form = form;
    this.address = form.action; // another page may be shown when it is asked
    this.signal = signal;
    this.field = findElement(form, "[type=file]", HTMLInputElement);
    this.shown = findElement(form, ".picture-setting__shown", HTMLElement);
    this.note = findElement(form, "[data-picture-note]", HTMLElement);
    this.remover = findElement(form, "[data-picture-removes]", HTMLButtonElement);
    this.note.setAttribute("role", "status");
    this.round = 0; // of the last choice: what an earlier one leads to is not shown any more
    findElement(form, "[data-picture-sends]", HTMLButtonElement).hidden = true;
    this.field.addEventListener("change", () => this.choose());
    form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (event.submitter === this.remover) this.send(new FormData(form, this.remover));
    });
    if (this.note.textContent?.trim() === form.dataset.working) this.follow(this.round);
  }

  choose() {
    const [file] = this.field.files ?? [];
    if (!file) return;
    if (file.size > Number(this.form.dataset.limit)) {
      this.field.value = "";
      this.showError(this.form.dataset.tooLarge);
      return;
    }
    showPreview(this.shown, file);
    this.send(new FormData(this.form));
  }

  /** @param {FormData} body */
  async send(body) {
    const round = ++this.round;
    this.note.textContent = this.form.dataset.working;
    this.field.value = "";
    try {
      const state = await postJson(this.address, body);
      if (round === this.round) this.show(state) || await this.follow(round);
    } catch (error) {
      if (round !== this.round) return;
      this.showError(/** @type {any} */ (error).text || this.form.dataset.failed);
      this.showStored();
    }
  }

  /**
   * Asks until the worker is done.
   * @param {number} round
   */
  async follow(round) {
    const end = Date.now() + ASKED_FOR;
    while (Date.now() < end) {
      await new Promise((resolve) => { setTimeout(resolve, ASKED_EVERY); });
      if (this.signal.aborted || round !== this.round) return;
      const state = await getJson(this.address).catch(() => null);
      if (round !== this.round || (state && this.show(state))) return;
    }
    this.note.textContent = this.form.dataset.waits;
  }

  /** What is stored, after something failed. */
  async showStored() {
    const state = await getJson(this.address).catch(() => null);
    if (state) this.paint(state.address);
  }

  /**
   * Whether there is nothing more to wait for.
   * @param {PictureState} state
   */
  show({ address, state, text }) {
    if (state === "working") return false;
    this.paint(address);
    if (text) this.showError(text);
    else this.note.textContent = "";
    return true;
  }

  /** @param {string} text */
  showError(text) { this.note.replaceChildren(createElement("p", "errorlist", text)); }

  /** @param {string} address empty: none */
  paint(address) {
    this.remover.hidden = !address;
    const logo = this.shown.querySelector("img.workspace-logo");
    this.shown.querySelector("canvas")?.remove();
    if (logo instanceof HTMLImageElement) {
      logo.hidden = false;
      for (const mark of [logo, ...document.querySelectorAll(".brand__mark")])
        if (mark instanceof HTMLImageElement) mark.src = address || (logo.dataset.mark ?? "");
      return;
    }
    setPicture(this.shown.querySelector(".avatar"), address);
    for (const avatar of document.querySelectorAll(".side [data-own=initials]"))
      setPicture(avatar, address.replace(/256\/$/, "64/"));
  }
}

/**
 * @param {Element | null} avatar
 * @param {string} address
 */
function setPicture(avatar, address) {
  const picture = createElement("img", "avatar__picture");
  Object.assign(picture, { alt: "", src: address });
  avatar?.querySelector(".avatar__picture")?.remove();
  if (address) avatar?.append(picture);
}

/**
 * Drawn, as the policy of the page has no blob: addresses.
 * @param {HTMLElement} shown
 * @param {File} file
 */
async function showPreview(shown, file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return;
  const logo = shown.querySelector("img.workspace-logo");
  const scale = (logo ? Math.min : Math.max)(PREVIEW / bitmap.width, PREVIEW / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  const canvas = createElement("canvas", logo ? "workspace-logo" : "avatar__picture");
  Object.assign(canvas, { width: PREVIEW, height: PREVIEW });
  canvas.getContext("2d")?.drawImage(bitmap, (PREVIEW - width) / 2, (PREVIEW - height) / 2, width, height);
  bitmap.close();
  shown.querySelector("canvas")?.remove();
  if (logo instanceof HTMLImageElement) logo.hidden = true;
  (logo ? shown : shown.querySelector(".avatar"))?.append(canvas);
}
