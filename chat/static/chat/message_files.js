// The files of a message. What is needed to draw them is in its state, so that nothing moves when they are loaded.
import { createElement } from "../myweb/elements.js";
import { formatFileSize, formatPlayTime } from "../myweb/formats.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { loadStyle, showStyle } from "../myweb/styles.js";
import { urls } from "../myweb/urls.js";
import { colourCode } from "./code_blocks.js";
import { countLines, createExcerpt, isExcerpted } from "./file_excerpts.js";
import { cleanName, createCode, createFileName, createKindSign } from "./file_parts.js";
import { sendPoster } from "./video_posters.js";

const SHOWN_PICTURES = 3;
const [MOST_WIDE, MOST_HIGH] = [520, 340]; // px, of a picture that stands alone
const LARGEST_TEXT = 512 * 1024; // bytes, shown in the page

/** @type {WeakMap<HTMLElement, { key: string, files: FileState[], parts: Map<string, HTMLElement> }>} */
const drawn = new WeakMap(); // by the place that they stand in

/** @param {FileState} file */
const isReady = ({ state }) => state === undefined || state === "ready";

/** @param {FileState} file */
const isPicture = (file) => file.kind === "image" && isReady(file) && Boolean(file.width);

/** @param {FileState} file */
export const isViewable = (file) =>
  isPicture(file) || (file.kind === "text" && isReady(file) && file.size <= LARGEST_TEXT);

/** @param {FileState[] | undefined} files */
export const listFileNames = (files) => (files ?? []).map(({ name }) => cleanName(name)).join(t("between_names"));

/**
 * Red, green and blue of a few pixels, which the browser draws large and soft.
 * @param {string} tiny
 */
export function createPlaceholder(tiny) {
  const canvas = createElement("canvas", "picture__tiny");
  const bytes = Uint8Array.from(atob(tiny), (character) => character.charCodeAt(0));
  const [width, height] = bytes;
  if (!width || bytes.length !== 2 + width * height * 3) return canvas;
  Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  pixels.data.fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    pixels.data.set(bytes.subarray(2 + pixel * 3, 5 + pixel * 3), pixel * 4);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * @param {HTMLElement} element
 * @param {FileState} file
 */
function setSize(element, { width = 0, height = 0 }) {
  const [wide, high] = width && height ? [width, height] : [MOST_WIDE, (MOST_WIDE * 9) / 16];
  const scale = Math.min(1, MOST_WIDE / wide, MOST_HIGH / high);
  element.style.width = `${Math.max(48, Math.round(wide * scale))}px`;
  element.style.aspectRatio = `${Math.round(wide * scale)} / ${Math.max(1, Math.round(high * scale))}`;
}

/** @param {FileState} file */
function createPicture(file) {
  const picture = createElement("img", "picture__image");
  Object.assign(picture, { alt: cleanName(file.name), loading: "lazy", decoding: "async" });
  picture.addEventListener("error", () => { picture.hidden = true; }); // offline: the placeholder stays
  picture.src = urls.file(file.id, "thumbnail/");
  const link = createElement("a", "picture", createPlaceholder(file.tiny ?? ""), picture);
  const href = urls.file(file.id, "picture/");
  Object.assign(link, { href, title: cleanName(file.name), target: "_blank", rel: "noopener" });
  link.dataset.file = file.id;
  return link;
}

/** @param {FileState[]} files */
function createPictures(files) {
  const shown = files.slice(0, SHOWN_PICTURES).map(createPicture);
  if (shown.length === 1) setSize(shown[0], files[0]);
  const more = files.length - SHOWN_PICTURES;
  if (more > 0) {
    const count = createElement("span", "picture__more num", `+${more}`);
    count.ariaHidden = "true";
    shown[shown.length - 1].append(count, createElement("span", "sr", t("more_pictures", { count: more })));
  }
  return createElement("div", `pictures pictures--${shown.length}`, ...shown);
}

/** @type {WeakMap<Element, () => void>} */
const actsNearScreen = new WeakMap();
const nearScreen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    nearScreen.unobserve(target);
    actsNearScreen.get(target)?.();
  }
}, { rootMargin: "200px" });

/**
 * @param {HTMLVideoElement} video
 * @param {FileState} file
 */
function createPlayButton(video, file) {
  const button = createElement("button", "video__play");
  button.type = "button";
  button.ariaLabel = t("video_play", { name: cleanName(file.name) });
  button.addEventListener("click", () => {
    video.focus();
    video.play().catch(() => {}); // says so by its error
  });
  return button;
}

/**
 * With its poster nothing of it is loaded before it is played; without, its first frame.
 * @param {FileState} file
 * @param {boolean} isOwn
 */
function createVideo(file, isOwn) {
  const video = createElement("video", "video__film");
  Object.assign(video, { preload: "none", playsInline: true });
  const frame = createElement("div", "video", createPlaceholder(file.tiny ?? ""), video, createPlayButton(video, file));
  if (file.seconds) frame.append(createElement("span", "video__time num", formatPlayTime(file.seconds)));
  setSize(frame, file);
  video.addEventListener("play", () => {
    video.controls = true;
    frame.toggleAttribute("data-begun", true);
  });
  actsNearScreen.set(video, () => {
    if (file.tiny) video.poster = urls.file(file.id, "thumbnail/");
    else video.preload = "metadata";
    if (isOwn && !file.tiny) sendPoster(file);
  });
  nearScreen.observe(video);
  return createPlayer(video, file, frame);
}

/** @param {FileState} file */
const createAudio = (file) =>
  createPlayer(Object.assign(createElement("audio", "audio"), { controls: true, preload: "none" }), file);

/**
 * @param {HTMLMediaElement} media
 * @param {FileState} file
 * @param {HTMLElement} shown
 */
function createPlayer(media, file, shown = media) {
  media.src = urls.file(file.id);
  media.ariaLabel = cleanName(file.name);
  const seconds = file.seconds && file.kind === "audio" ? ` · ${formatPlayTime(file.seconds)}` : "";
  const note = createElement("small", "", `${formatFileSize(file.size)}${seconds}`);
  media.addEventListener("error", () => {
    note.textContent = `${formatFileSize(file.size)} · ${t("media_unplayable")}`;
  });
  return createElement("div", "player", shown, createElement("div", "player__foot", createDownload(file, true), note));
}

/**
 * @param {FileState} file
 * @param {boolean} isNamed
 */
function createDownload(file, isNamed) {
  const label = t("file_download", { name: cleanName(file.name) });
  const link = createElement("a", isNamed ? "file__link" : "file__button");
  Object.assign(link, { href: urls.file(file.id, "?download"), download: cleanName(file.name), title: label });
  if (isNamed) link.append(createFileName(file.name));
  else link.append(createIcon("download"));
  link.ariaLabel = label;
  return link;
}

/** @param {FileState} file */
function describeFile(file) {
  const { size, kind, state, reason, lines } = file;
  if (state === "working") return `${formatFileSize(size)} · ${t("file_working")}`;
  if (state === "refused") return t(reason === "too_large" ? "file_refused_large" : "file_refused_broken");
  return `${formatFileSize(size)} · ${lines ? countLines(file) : t(`file_kind_${kind}`)}`;
}

/** @param {FileState} file */
function createOpener(file) {
  if (file.kind !== "pdf" && file.kind !== "text") return createDownload(file, true);
  const link = createElement("a", "file__link", createFileName(file.name));
  Object.assign(link, { href: urls.file(file.id), target: "_blank", rel: "noopener" });
  if (isViewable(file)) link.dataset.file = file.id;
  return link;
}

/**
 * There are no bytes to open while a file is being processed, nor of one that was refused.
 * @param {FileState} file
 */
function createLine(file) {
  const name = isReady(file) ? createOpener(file) : createFileName(file.name);
  const note = createElement("small", "file__note", describeFile(file));
  const line = createElement("div", "file", createKindSign(file.name), createElement("div", "file__text", name, note));
  line.dataset.kind = file.kind;
  if (file.state === "refused") line.dataset.failed = "";
  if (isReady(file)) line.append(createDownload(file, false));
  return line;
}

/**
 * @param {FileState} file
 * @param {boolean} isOwn
 */
function createPart(file, isOwn) {
  if (!isReady(file)) return createLine(file);
  if (file.kind === "video") return createVideo(file, isOwn);
  if (file.kind === "audio") return createAudio(file);
  return isExcerpted(file) ? createExcerpt(file, createDownload(file, false)) : createLine(file);
}

/**
 * Draws the files of a message. What has not changed stays: a video plays on.
 * @param {HTMLElement} place
 * @param {FileState[]} files
 * @param {boolean} isOwn whether this user has sent them
 */
export function paintFiles(place, files, isOwn) {
  if (!files.length && place.hidden) return;
  place.hidden = !files.length;
  const key = JSON.stringify(files);
  const old = drawn.get(place);
  if (old?.key === key) return;
  const pictures = files.filter(isPicture);
  const groups = [...(pictures.length ? [pictures] : []), ...files.filter((file) => !isPicture(file))];
  const parts = new Map(groups.map((group) => {
    const partKey = JSON.stringify(group);
    const create = () => (Array.isArray(group) ? createPictures(group) : createPart(group, isOwn));
    return [partKey, old?.parts.get(partKey) ?? create()];
  }));
  place.replaceChildren(...parts.values());
  drawn.set(place, { key, files, parts });
}

/**
 * A click on a picture or a text opens the viewer in the page; with a key held it goes where links go.
 * @param {MouseEvent & { target: any }} event
 */
async function onClick(event) {
  const link = event.target?.closest("[data-file]");
  const place = link?.closest(".message__files");
  /** @type {FileState[] | undefined} */
  const files = place && drawn.get(place)?.files.filter(isViewable);
  if (!files?.length || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const [{ openViewer }] = await Promise.all([import(urls.fileViewer), loadStyle(urls.fileViewerStyle)]);
    showStyle(urls.fileViewerStyle);
    openViewer(files, files.findIndex(({ id }) => id === link.dataset.file), { createCode, colourCode });
  } catch {
    window.open(link.href, "_blank", "noopener"); // offline
  }
}

/** @param {HTMLElement} root */
export const startFiles = (root) => root.addEventListener("click", onClick);
