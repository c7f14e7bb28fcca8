// Lines of files on their way: above the box, and below a message that waits for them.
import { createElement } from "../myweb/elements.js";
import { formatFileSize, formatDuration } from "../myweb/formats.js";
import { t } from "../myweb/i18n.js";
import { cleanName, createFileButton, createFileName, createKindSign } from "./file_parts.js";

const PREVIEW = 72; // px, twice what is shown
const LARGEST_PREVIEW = 40 * 1024 * 1024; // bytes
const REWRITTEN = /^image\/(png|jpeg|gif|webp|avif)$/; // by the server, unless they are sent as they are
const PREVIEWED = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

/**
 * Drawn, as the policy of the page has no blob: addresses.
 * @param {HTMLElement} sign
 * @param {File} file
 */
async function showPreview(sign, file) {
  if (!PREVIEWED.test(file.type) || file.size > LARGEST_PREVIEW) return;
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return;
  const scale = Math.max(PREVIEW / bitmap.width, PREVIEW / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  const canvas = Object.assign(createElement("canvas"), { width: PREVIEW, height: PREVIEW });
  canvas.getContext("2d")?.drawImage(bitmap, (PREVIEW - width) / 2, (PREVIEW - height) / 2, width, height);
  bitmap.close();
  sign.replaceChildren(canvas);
}

/** @param {Upload} upload */
function describeProgress(upload) {
  const { state, sent, secondsLeft } = upload;
  if (state === "failed") return upload.text;
  const size = formatFileSize(upload.size);
  if (state === "done") return upload.record.asIs ? t("file_as_is_note", { size }) : size;
  const progress = { sent: formatFileSize(sent), size, time: formatDuration(Math.ceil(secondsLeft)) };
  if (state === "sending") return t(secondsLeft ? "file_progress_left" : "file_progress", progress);
  return t(navigator.onLine ? "file_waiting" : "file_waiting_offline", progress);
}

/**
 * Keeps what a picture says besides its pixels, which the server takes out of those that it shows.
 * @param {string} name
 */
function createAsIsButton(name) {
  const button = createElement("button", "button button--quiet button--small file__as-is", t("file_as_is"));
  button.type = "button";
  button.title = t("file_as_is_hint");
  button.ariaLabel = `${t("file_as_is")}: ${name}`;
  button.dataset.fileAction = "as-is";
  return button;
}

class UploadLine {
  /**
   * @param {PendingFile} file
   * @param {Upload | undefined} upload without it, its bytes are lost
   */
  constructor(file, upload) {
    this.upload = upload;
    const sign = createKindSign(file.name);
    if (upload) showPreview(sign, upload.file);
    this.note = createElement("small", "file__note num");
    this.problem = createElement("span", "sr");
    this.problem.role = "alert"; // what is read aloud; progress is not
    const name = cleanName(file.name);
    this.again = createElement("button", "button button--quiet button--small", t("try_again"));
    this.again.ariaLabel = `${t("try_again")}: ${name}`;
    this.again.type = "button";
    const remove = createFileButton("close", t("file_remove", { name }));
    this.again.dataset.fileAction = "again";
    remove.dataset.fileAction = "remove";
    this.asIs = createAsIsButton(name);
    this.bar = createElement("progress", "file__bar");
    this.bar.ariaLabel = name;
    const words = createElement("div", "file__text", createFileName(file.name), this.note, this.problem);
    this.root = createElement("li", "file file--upload", sign, words, this.asIs, this.again, remove, this.bar);
    this.root.dataset.upload = file.id;
    upload?.addEventListener("progress", () => this.update());
    upload?.addEventListener("state", () => this.update());
    this.update();
  }

  update() {
    const { upload } = this;
    const failed = !upload || upload.state === "failed";
    const text = upload ? describeProgress(upload) : t("file_lost");
    if (this.note.textContent !== text) this.note.textContent = text;
    this.note.classList.toggle("bad", failed);
    this.note.ariaHidden = String(failed);
    this.problem.textContent = failed ? text : "";
    this.again.hidden = upload?.state !== "failed";
    this.asIs.hidden = failed || !REWRITTEN.test(upload.file.type);
    this.asIs.ariaPressed = String(Boolean(upload?.record.asIs));
    this.bar.hidden = failed || upload.state === "done";
    this.root.toggleAttribute("data-failed", failed);
    this.bar.max = upload?.size || 1;
    this.bar.value = upload?.sent ?? 0;
  }
}

/**
 * A list of such lines; those that are there already stay.
 * @param {HTMLElement} list
 * @param {PendingFile[]} files
 * @param {Uploads | null} uploads
 */
export function paintUploads(list, files, uploads) {
  const old = new Map([...list.querySelectorAll("[data-upload]")].map((line) => [line.dataset.upload, line]));
  const lines = files.map((file) => {
    const line = old.get(file.id);
    old.delete(file.id);
    return line ?? new UploadLine(file, uploads?.get(file.id)).root;
  });
  for (const line of old.values()) line.remove();
  for (const line of lines) if (!line.isConnected || line.parentElement !== list) list.append(line);
}
