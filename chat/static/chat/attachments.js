// The files that the next message takes along, above the box: chosen, pasted, dropped or photographed. Each room has
// its own.
import { findElement, getElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { paintUploads } from "./upload_lines.js";

export const MOST_FILES = 10; // as MAX_FILES in chat/message_validation.py
const touchScreen = matchMedia("(pointer: coarse)");

/**
 * Office programs put a picture of the text beside the text: then the text is meant.
 * @param {DataTransfer | null} data
 */
function listFiles(data) {
  if (!data) return [];
  const isFormatted = data.types.includes("text/html") || data.types.includes("text/rtf");
  return isFormatted && data.getData("text/plain") ? [] : [...data.files];
}

/** @param {DragEvent} event */
const bringsFiles = (event) => Boolean(event.dataTransfer?.types.includes("Files"));

/** Fires `change`. */
export class Attachments extends EventTarget {
  room = 0;
  isClosed = false;
  isOwnDrag = false; // of a picture of the page, which browsers offer as a file too
  /** @type {Map<number, string[]>} */
  rooms = new Map(); // ids of files, by room

  /**
   * @param {HTMLElement} root
   * @param {Uploads | null} uploads
   * @param {(text: string) => void} showProblem
   */
  constructor(root, uploads, showProblem) {
    super();
    this.root = root;
    this.uploads = uploads;
    this.showProblem = showProblem;
    this.list = findElement(root, ".composer__files", HTMLElement);
    this.menu = findElement(root, ".attach-menu", HTMLElement);
    this.button = findElement(root, ".composer__attach", HTMLButtonElement);
    this.listen();
  }

  listen() {
    this.button.addEventListener("click", () => this.openChooser());
    for (const input of /** @type {NodeListOf<any>} */ (this.root.querySelectorAll("[data-attach]")))
      input.addEventListener("change", () => {
        this.add([...input.files]);
        input.value = "";
        this.menu.hidePopover();
      });
    for (const item of this.menu.querySelectorAll("[data-opens]"))
      item.addEventListener("click", () => this.openInput(item.dataset.opens));
    this.list.addEventListener("click", ({ target }) => this.onClick(/** @type {any} */ (target)));
    this.uploads?.addEventListener("change", () => this.update());
    document.addEventListener("dragstart", () => { this.isOwnDrag = true; });
    document.addEventListener("dragend", () => { this.isOwnDrag = false; });
    document.addEventListener("paste", (event) => this.onPaste(event));
    for (const name of /** @type {const} */ (["dragenter", "dragover", "dragleave", "drop"]))
      document.addEventListener(name, (event) => this.onDrag(event));
  }

  get ids() { return this.rooms.get(this.room) ?? []; }

  /** @type {PendingFile[]} */
  get files() {
    return this.ids.flatMap((id) => {
      const upload = this.uploads?.get(id);
      return upload ? [{ id, name: upload.name, size: upload.size }] : [];
    });
  }

  /** A change of a message takes no files. */
  get isActive() {
    return this.root.isConnected && this.room && !this.isClosed && !this.root.querySelector("[data-editing]");
  }

  /**
   * @param {number} room
   * @param {boolean} isClosed nothing can be written in it
   */
  show(room, isClosed) {
    this.room = room;
    this.isClosed = isClosed;
    this.update();
  }

  /**
   * What was above the boxes when the page was left.
   * @param {Upload[]} uploads
   */
  restore(uploads) {
    for (const { id, record } of uploads) this.rooms.set(record.room, [...(this.rooms.get(record.room) ?? []), id]);
    this.update();
  }

  /** On phones the camera is offered beside the files; elsewhere there is nothing to choose. */
  openChooser() {
    if (!touchScreen.matches) return this.openInput("files");
    const { left, top } = this.button.getBoundingClientRect();
    Object.assign(this.menu.style, { left: `${left}px`, bottom: `${innerHeight - top + 8}px` });
    this.menu.togglePopover();
  }

  /** @param {string} name */
  openInput(name) { findElement(this.root, `[data-attach=${name}]`, HTMLInputElement).click(); }

  /** @param {File[]} files */
  add(files) {
    if (!this.uploads || !this.isActive || !files.length) return;
    const free = MOST_FILES - this.ids.length;
    const ids = files.slice(0, free).map((file) => /** @type {Uploads} */ (this.uploads).add(this.room, file).id);
    this.rooms.set(this.room, [...this.ids, ...ids]);
    this.update();
    getElement("announcer", HTMLElement).textContent = t("files_attached", { count: this.ids.length });
    if (files.length > free) this.showProblem(t("files_too_many", { count: MOST_FILES }));
    if (!touchScreen.matches) findElement(this.root, "textarea", HTMLTextAreaElement).focus({ preventScroll: true });
  }

  /** @param {HTMLElement} target */
  onClick(target) {
    const action = target.closest("[data-file-action]")?.dataset.fileAction;
    const id = target.closest("[data-upload]")?.dataset.upload;
    if (action === "again") this.uploads?.retry(id);
    if (action === "as-is") this.uploads?.toggleAsIs(id);
    if (action === "remove") {
      this.rooms.set(this.room, this.ids.filter((other) => other !== id));
      this.uploads?.discard(id);
      findElement(this.root, "textarea", HTMLTextAreaElement).focus({ preventScroll: true });
    }
  }

  /**
   * Into the box, or anywhere in the room where nothing else takes it.
   * @param {ClipboardEvent} event
   */
  onPaste(event) {
    const target = /** @type {any} */ (event.target);
    const isElsewhere = target.closest?.("input, textarea, [contenteditable], dialog") && !this.root.contains(target);
    const files = isElsewhere || !this.isActive ? [] : listFiles(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  /** @param {DragEvent} event */
  onDrag(event) {
    if (!bringsFiles(event) || this.isOwnDrag || !this.isActive || document.querySelector("dialog[open]")) return;
    event.preventDefault(); // the browser would open the file in place of the page
    const hasLeft = event.type === "dragleave" && !event.relatedTarget;
    const isOver = event.type !== "drop" && !hasLeft;
    findElement(document, "main", HTMLElement).toggleAttribute("data-dropping", isOver);
    if (event.type === "drop") this.add([...(event.dataTransfer?.files ?? [])]);
  }

  /** Those of the room go with a message. */
  take() {
    const { files } = this;
    this.rooms.delete(this.room);
    this.update();
    return files;
  }

  /** Whether a message can go: a file that was refused must be tried again or removed first. */
  get hasFailed() { return this.ids.some((id) => this.uploads?.get(id)?.state === "failed"); }

  update() {
    paintUploads(this.list, this.files, this.uploads);
    this.list.hidden = !this.files.length;
    this.dispatchEvent(new Event("change"));
  }
}
