// The site's addresses, as the server wrote them into the page. A number in a pattern stands as 0.

/** @type {Record<string, any>} */
const address = document.body.dataset;

/**
 * @param {string} pattern
 * @param {number} id
 */
const fillId = (pattern, id) => pattern.replace("/0/", `/${id}/`);

export const urls = {
  room: (/** @type {number} */ id, /** @type {number | null} */ seq = null) =>
    fillId(address.room, id) + (seq === null ? "" : `?at=${seq}`),
  history: (/** @type {number} */ id, /** @type {Record<string, any>} */ query) =>
    `${fillId(address.history, id)}?${new URLSearchParams(query)}`,
  emoji: (/** @type {string} */ language) => `${address.emoji}?${new URLSearchParams({ language })}`,
  deleteMessage: (/** @type {number} */ id) => fillId(address.deleteMessage, id),
  settings: (/** @type {number} */ id) => fillId(address.settings, id),
  search: (/** @type {string} */ text) => `${address.search}?${new URLSearchParams({ q: text })}`,
  uploads: address.uploads,
  file: (/** @type {string} */ id, /** @type {"" | "thumbnail/" | "picture/" | "poster/" | "?download"} */ part = "") =>
    `${address.files}${id}/${part}`,
  userPicture: (/** @type {number} */ id, /** @type {string} */ digest) =>
    `${address.pictures}${id}/picture/${digest}/64/`,
  previewPicture: (/** @type {string} */ id) => `${address.linkPreviews}${id}/picture/`,
  linkedMessages: (/** @type {string[]} */ places) =>
    `${address.linkPreviews}messages/?${new URLSearchParams(places.map((place) => ["at", place]))}`,
  fileViewer: address.fileViewer,
  fileViewerStyle: address.fileViewerStyle,
  palette: address.palette,
  manifest: address.manifest,
  offline: address.offline,
  static: address.static,
  rooms: address.rooms,
  direct: address.direct,
  signIn: address.signIn,
  firstSteps: address.firstSteps,
};

/**
 * The room and the message that an address of this site names, or null.
 * @param {string} href
 */
export function parseRoomUrl(href) {
  const url = new URL(href, location.href);
  const [before, after] = address.room.split("/0/");
  const id = url.pathname.slice(before.length + 1, url.pathname.length - after.length - 1);
  if (url.origin !== location.origin || !/^\d+$/.test(id) || url.pathname !== fillId(address.room, Number(id)))
    return null;
  return { id: Number(id), at: Number(url.searchParams.get("at")) || null };
}
