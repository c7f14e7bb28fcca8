// Previews below a message: pages that it links to, which its state has, and messages of this site that it links to.
import { createElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { createIcon } from "../myweb/icons.js";
import { onKeydown } from "../myweb/keyboard.js";
import { formatMoment } from "../myweb/time.js";
import { parseRoomUrl, urls } from "../myweb/urls.js";
import { getLinkedMessage } from "./linked_messages.js";
import { createPlaceholder } from "./message_files.js";
import { me } from "./page.js";
import { roomPage } from "./room_page.js";

const [MOST_WIDE, MOST_HIGH] = [360, 240]; // px, of a picture that is linked to itself
const MOST_MESSAGES = 3; // of this site, below one message

/** @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap(); // by the place that they stand in

/**
 * @param {string} site
 * @param {HTMLAnchorElement} title
 * @param {string} text
 */
function createWords(site, title, text) {
  const words = createElement("div", "preview__words", createElement("small", "preview__site", site), title);
  if (text) words.append(createElement("p", "preview__text", text));
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (words.querySelectorAll("*"))) part.dir = "auto";
  return words;
}

/**
 * @param {string} title
 * @param {HTMLElement} words
 */
function createGroup(title, words) {
  const group = createElement("div", "preview", words);
  group.role = "group";
  group.ariaLabel = t("preview_of", { title });
  return group;
}

/** @param {PreviewState} preview */
function createPicture({ id, url, tiny, width = 1, height = 1, is_picture }) {
  const image = createElement("img");
  Object.assign(image, { alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => { image.hidden = true; }); // offline: the placeholder stays
  image.src = urls.previewPicture(id);
  const link = createElement("a", "preview__picture", createPlaceholder(tiny ?? ""), image);
  Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer", tabIndex: -1, ariaHidden: "true" });
  if (is_picture) {
    const scale = Math.min(1, MOST_WIDE / width, MOST_HIGH / height);
    Object.assign(link.style, { width: `${Math.round(width * scale)}px`, aspectRatio: `${width} / ${height}` });
  }
  return link;
}

/**
 * @param {MessageState} message
 * @param {PreviewState} preview
 * @param {HTMLElement} group
 */
async function removePreview(message, preview, group) {
  const article = /** @type {HTMLElement | null} */ (group.closest(".message"));
  const isFocused = group.contains(document.activeElement);
  try {
    await roomPage.socket.send("preview.remove", { message: message.id, preview: preview.id });
    if (isFocused) article?.focus({ preventScroll: true });
  } catch (caught) {
    const error = /** @type {CommandError} */ (caught);
    roomPage.showToast(error.text || t(error.code === "offline" ? "not_now_offline" : "not_now"));
  }
}

/**
 * @param {MessageState} message
 * @param {PreviewState} preview
 * @param {boolean} mayRemove
 */
function createPreview(message, preview, mayRemove) {
  const title = createElement("a", "preview__title", preview.title);
  Object.assign(title, { href: preview.url, target: "_blank", rel: "noopener noreferrer" });
  const group = createGroup(preview.title, createWords(preview.site, title, preview.text ?? ""));
  if (preview.width) group.append(createPicture(preview));
  group.classList.toggle("preview--picture", Boolean(preview.is_picture));
  if (!mayRemove) return group;
  const button = createElement("button", "preview__remove", createIcon("close"));
  Object.assign(button, { type: "button", title: t("preview_remove"), ariaLabel: t("preview_remove") });
  button.setAttribute("aria-keyshortcuts", "Delete");
  button.addEventListener("click", () => removePreview(message, preview, group));
  onKeydown(group, (event) => {
    if (event.key !== "Delete") return;
    event.preventDefault();
    removePreview(message, preview, group);
  });
  group.append(button);
  return group;
}

/** @param {LinkedMessage} message */
function createLinkedMessage({ room, seq, room_name, author, at, text }) {
  const title = createElement("a", "preview__title", author);
  title.href = urls.room(room, seq);
  return createGroup(author, createWords(`${room_name} · ${formatMoment(at)}`, title, text));
}

/**
 * @param {HTMLElement} body
 * @param {MessageState} state
 * @param {Room} room
 */
function listLinkedMessages(body, state, room) {
  /** @type {Set<string>} */
  const places = new Set();
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (body.querySelectorAll("a[href]"))) {
    const place = parseRoomUrl(link.href);
    if (place?.at && !(place.id === room.id && place.at === state.seq)) places.add(`${place.id}-${place.at}`);
  }
  return [...places].slice(0, MOST_MESSAGES).flatMap((place) => getLinkedMessage(place, state.id) ?? []);
}

/**
 * What has not changed stays.
 * @param {HTMLElement} place
 * @param {HTMLElement} body drawn already
 * @param {MessageState} state
 * @param {Room} room
 */
export function paintPreviews(place, body, state, room) {
  const previews = state.previews ?? [];
  const linked = state.deleted || state.card ? [] : listLinkedMessages(body, state, room);
  if (!previews.length && !linked.length && place.hidden) return;
  const mayRemove = !room.state.archived && (state.author === me.id || ["owner", "admin"].includes(me.role));
  const key = JSON.stringify([previews, linked, mayRemove]);
  if (drawn.get(place) === key) return;
  drawn.set(place, key);
  place.hidden = !previews.length && !linked.length;
  place.replaceChildren(
    ...linked.map(createLinkedMessage),
    ...previews.map((preview) => createPreview(state, preview, mayRemove)),
  );
}
