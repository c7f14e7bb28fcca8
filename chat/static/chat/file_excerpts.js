// The first lines of a text in its message. How many there are is in the state of the file, so nothing moves when they
// come; the server sends no more than is shown.
import { request } from "../myweb/api.js";
import { createElement, getElement } from "../myweb/elements.js";
import { formatFileSize, formatNumber } from "../myweb/formats.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { urls } from "../myweb/urls.js";
import { colourCode } from "./code_blocks.js";
import { cleanName, createCode, createFileButton, createFileName } from "./file_parts.js";

const LARGEST = 128 * 1024; // bytes of a text that is not only a line
const SHOWN_LINES = 12;
const SHOWN_BYTES = 8 * 1024;
const KEPT = 100; // excerpts
const CONFIRMATION_TIME = 2_000; // ms

/** @type {Map<string, string>} */
const excerpts = new Map(); // by the id of their file
/** @type {WeakMap<Element, FileState>} */
const waiting = new WeakMap();

/** @param {FileState} file */
export const isExcerpted = ({ kind, lines, size }) => kind === "text" && Boolean(lines) && size <= LARGEST;

/** @param {FileState} file */
export const countLines = ({ lines = 0 }) => t("viewer_lines", { count: lines, number: formatNumber(lines) });

/** @param {FileState} file */
const isCut = ({ lines = 0, size }) => lines > SHOWN_LINES || size > SHOWN_BYTES;

/** @param {FileState} file */
async function fetchExcerpt(file) {
  const known = excerpts.get(file.id);
  if (known !== undefined) return known;
  const response = await request(urls.file(file.id), { headers: { Range: `bytes=0-${SHOWN_BYTES - 1}` } });
  const bytes = await response.arrayBuffer();
  const text = new TextDecoder().decode(bytes.slice(0, SHOWN_BYTES), { stream: true }); // without half a character
  const excerpt = text.replaceAll("\r\n", "\n").split("\n", SHOWN_LINES).join("\n");
  excerpts.set(file.id, excerpt);
  if (excerpts.size > KEPT) excerpts.delete(excerpts.keys().next().value ?? "");
  return excerpt;
}

/**
 * @param {Element} block
 * @param {FileState} file
 */
async function fillExcerpt(block, file) {
  try {
    block.replaceChildren(createCode(file.name, await fetchExcerpt(file)));
    colourCode(/** @type {HTMLElement} */ (block.parentElement));
  } catch {
    block.replaceChildren(t("viewer_failed"));
    block.toggleAttribute("data-failed", true);
  }
}

const nearScreen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    const file = waiting.get(target);
    if (!isIntersecting || !file) continue;
    nearScreen.unobserve(target);
    fillExcerpt(target, file);
  }
}, { rootMargin: "300px", scrollMargin: "300px" });

/**
 * The whole text, as the file has it.
 * @param {FileState} file
 */
function createCopy(file) {
  const button = createFileButton("copy", t("file_copy", { name: cleanName(file.name) }));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(await (await request(urls.file(file.id))).text());
    } catch {
      return;
    }
    button.replaceChildren(createIcon("check"));
    getElement("announcer", HTMLElement).textContent = t("copied");
    setTimeout(() => button.replaceChildren(createIcon("copy")), CONFIRMATION_TIME);
  });
  return button;
}

/**
 * @param {FileState} file
 * @param {string} className
 * @param {Node | string} content
 */
function createOpener(file, className, content) {
  const link = createElement("a", className, content);
  Object.assign(link, { href: urls.file(file.id), target: "_blank", rel: "noopener" });
  link.dataset.file = file.id;
  return link;
}

/**
 * @param {FileState} file
 * @param {HTMLElement} download
 */
export function createExcerpt(file, download) {
  const lines = Math.min(file.lines ?? 0, SHOWN_LINES);
  const note = createElement("small", "file__note", `${countLines(file)} · ${formatFileSize(file.size)}`);
  const name = createOpener(file, "excerpt__name", createFileName(file.name));
  const head = createElement("div", "excerpt__head", name, note);
  if (navigator.clipboard) head.append(createCopy(file)); // not by plain http
  head.append(download);
  const block = createElement("pre", "excerpt__text");
  block.tabIndex = 0; // so that keys scroll it
  block.dir = "auto";
  block.ariaLabel = cleanName(file.name);
  block.role = "group";
  block.style.setProperty("--lines", String(lines));
  const excerpt = createElement("div", "excerpt", head, block);
  excerpt.dataset.kind = file.kind;
  if (isCut(file)) excerpt.append(createOpener(file, "excerpt__all", t("file_show_all")));
  waiting.set(block, file);
  nearScreen.observe(block);
  return excerpt;
}
