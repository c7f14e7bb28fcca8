// Pictures and texts of a message, one at a time over the page. Loaded when the first is opened; it imports nothing of
// chat, which would cost every room page a file.
import { createElement } from "../myweb/elements.js";
import { request } from "../myweb/api.js";
import { formatFileSize, formatNumber } from "../myweb/formats.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { onKeydown } from "../myweb/keyboard.js";
import { urls } from "../myweb/urls.js";

const ZOOM_STEP = 1.5;
const MOST_ZOOM = 8;
const SWIPE = 60; // px

/** @typedef {(name: string, text: string) => HTMLElement} CreateCode */
/** @typedef {{ createCode: CreateCode, colourCode: (body: HTMLElement) => void }} Code */

/**
 * @param {string} icon
 * @param {string} label
 * @param {() => void} act
 */
function createButton(icon, label, act) {
  const button = createElement("button", "viewer__button", createIcon(icon));
  Object.assign(button, { type: "button", title: label, ariaLabel: label });
  button.addEventListener("click", act);
  return button;
}

class Viewer {
  zoom = 1;
  touchX = 0;

  /**
   * @param {FileState[]} files
   * @param {number} index
   * @param {Code} code
   */
  constructor(files, index, code) {
    this.files = files;
    this.index = index;
    this.code = code;
    this.name = createElement("h2", "viewer__name");
    this.name.dir = "auto";
    this.note = createElement("p", "viewer__note num");
    this.note.role = "status";
    this.zoomOut = createButton("zoom-out", t("viewer_zoom_out"), () => this.setZoom(this.zoom / ZOOM_STEP));
    this.zoomIn = createButton("zoom-in", t("viewer_zoom_in"), () => this.setZoom(this.zoom * ZOOM_STEP));
    this.download = createElement("a", "viewer__button", createIcon("download"));
    const close = createButton("close", t("viewer_close"), () => this.dialog.close());
    const words = createElement("div", "viewer__words", this.name, this.note);
    const bar = createElement("header", "viewer__bar", words, this.zoomOut, this.zoomIn, this.download, close);
    this.previous = createButton("back", t("viewer_previous"), () => this.step(-1));
    this.next = createButton("back", t("viewer_next"), () => this.step(1));
    this.previous.classList.add("viewer__step", "viewer__step--back");
    this.next.classList.add("viewer__step", "viewer__step--next");
    this.stage = createElement("div", "viewer__stage");
    this.dialog = createElement("dialog", "viewer", bar, this.stage, this.previous, this.next);
    this.dialog.setAttribute("aria-labelledby", "viewer-name");
    this.name.id = "viewer-name";
    this.listen();
  }

  listen() {
    onKeydown(this.dialog, (event) => this.onKey(event));
    const close = () => this.dialog.close(); // another page comes in place of the one below
    addEventListener("popstate", close);
    this.dialog.addEventListener("close", () => {
      removeEventListener("popstate", close);
      this.dialog.remove();
    });
    this.stage.addEventListener("click", ({ target }) => target === this.stage && this.dialog.close());
    this.stage.addEventListener("touchstart", ({ touches: [{ clientX }] }) => { this.touchX = clientX; });
    this.stage.addEventListener("touchend", ({ changedTouches }) => {
      const moved = changedTouches[0].clientX - this.touchX;
      if (this.zoom === 1 && Math.abs(moved) > SWIPE) this.step(moved > 0 ? -1 : 1);
    });
    this.stage.addEventListener("pointerdown", (event) => this.startDragging(event));
  }

  get file() { return this.files[this.index]; }

  open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.show();
  }

  /** @param {number} by */
  step(by) {
    const index = this.index + by;
    if (!this.files[index]) return;
    this.index = index;
    this.show();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      "+": () => this.setZoom(this.zoom * ZOOM_STEP),
      "=": () => this.setZoom(this.zoom * ZOOM_STEP),
      "-": () => this.setZoom(this.zoom / ZOOM_STEP),
      "0": () => this.setZoom(1),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  show() {
    const { file, files, index } = this;
    const isPicture = file.kind === "image";
    this.name.textContent = file.name;
    const place = files.length > 1 ? `${t("viewer_position", { number: index + 1, count: files.length })} · ` : "";
    this.note.textContent = `${place}${formatFileSize(file.size)}`;
    Object.assign(this.download, { href: urls.file(file.id, "?download"), download: file.name });
    this.download.title = this.download.ariaLabel = t("file_download", { name: file.name });
    for (const button of [this.zoomIn, this.zoomOut]) button.hidden = !isPicture;
    // A button that is off loses the focus, and with it the keys.
    this.previous.hidden = this.next.hidden = files.length === 1;
    this.previous.ariaDisabled = String(index === 0);
    this.next.ariaDisabled = String(index === files.length - 1);
    this.stage.replaceChildren();
    this.stage.className = `viewer__stage viewer__stage--${isPicture ? "picture" : "text"}`;
    if (isPicture) this.showPicture(file);
    else this.showText(file);
    this.setZoom(1);
  }

  /** @param {FileState} file */
  showPicture(file) {
    const picture = createElement("img", "viewer__picture");
    Object.assign(picture, { alt: file.name, draggable: false, width: file.width, height: file.height });
    picture.addEventListener("error", () => picture.isConnected && this.showProblem());
    picture.src = urls.file(file.id, "picture/");
    this.stage.append(picture);
  }

  /** @param {FileState} file */
  async showText(file) {
    let content = "";
    try {
      const response = await request(urls.file(file.id));
      content = await response.text();
    } catch {
      return file === this.file && this.showProblem();
    }
    if (file !== this.file) return;
    const lines = content.replace(/\n$/, "").split("\n").length;
    this.note.textContent += ` · ${t("viewer_lines", { count: lines, number: formatNumber(lines) })}`;
    const text = createElement("pre", "viewer__text", this.code.createCode(file.name, content));
    text.tabIndex = 0;
    text.dir = "auto";
    this.stage.replaceChildren(text);
    this.code.colourCode(this.stage);
  }

  showProblem() { this.stage.replaceChildren(createElement("p", "viewer__problem", t("viewer_failed"))); }

  /** @param {number} zoom 1: as large as fits */
  setZoom(zoom) {
    const picture = this.stage.querySelector("img");
    const { stage } = this;
    if (!picture) return;
    const [x, y] = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2];
    const factor = Math.min(MOST_ZOOM, Math.max(1, zoom)) / this.zoom;
    this.zoom *= factor;
    const isFitted = this.zoom < 1.01;
    if (isFitted) this.zoom = 1;
    stage.toggleAttribute("data-zoomed", !isFitted);
    const { width = 0, height = 0 } = this.file;
    const fit = Math.min(1, stage.clientWidth / (width || 1), stage.clientHeight / (height || 1));
    picture.style.width = isFitted ? "" : `${Math.round(width * fit * this.zoom)}px`;
    picture.style.height = isFitted ? "" : `${Math.round(height * fit * this.zoom)}px`;
    this.zoomOut.ariaDisabled = String(isFitted);
    this.zoomIn.ariaDisabled = String(this.zoom >= MOST_ZOOM);
    stage.scrollTo(x * factor - stage.clientWidth / 2, y * factor - stage.clientHeight / 2);
  }

  /** @param {PointerEvent} event */
  startDragging(event) {
    if (this.zoom === 1 || event.pointerType !== "mouse" || event.button) return;
    const { stage } = this;
    const [left, top] = [stage.scrollLeft + event.clientX, stage.scrollTop + event.clientY];
    const move = (/** @type {PointerEvent} */ { clientX, clientY }) => stage.scrollTo(left - clientX, top - clientY);
    event.preventDefault();
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
  }
}

/**
 * @param {FileState[]} files
 * @param {number} index
 * @param {Code} code
 */
export function openViewer(files, index, code) { new Viewer(files, index, code).open(); }
