// Unsaved changes to messages, by room. They outlive a reload and a look at other rooms; several may wait, the last one
// first.
import { me } from "./page.js";
import { session } from "./storage.js";

/** @type {Set<string>} */
const messagesBeingSaved = new Set(); // client ids of messages whose change is on its way to the server
/** @param {number} room */
const storageKey = (room) => `edits:${me.id}:${room}`;
/**
 * @param {MessageKey} one
 * @param {MessageKey} other
 */
const isSameMessage = (one, other) => one.client_id === other.client_id;
/**
 * @param {number} room
 * @returns {Edit[]}
 */
const readEdits = (room) => session.getJson(storageKey(room)) ?? [];

/**
 * `message` needs `client_id`, and `id` and `seq` if it is stored.
 * @param {number} room
 * @param {MessageKey} message
 * @param {string} body
 */
export function saveEdit(room, message, body) {
  const { id, seq, client_id } = message;
  session.setJson(storageKey(room), [
    ...readEdits(room).filter((edit) => !isSameMessage(edit.message, message)),
    { message: { id, seq, client_id }, body },
  ]);
}

/**
 * @param {number} room
 * @param {MessageKey} message
 */
export function clearEdit(room, message) {
  const left = readEdits(room).filter((edit) => !isSameMessage(edit.message, message));
  if (left.length) session.setJson(storageKey(room), left);
  else session.remove(storageKey(room));
}

/**
 * {message, body} of this message, or of the one that was changed last; null if there is none.
 * @param {number} room
 * @param {MessageKey | null} message
 * @returns {Edit | null}
 */
export const findEdit = (room, message = null) =>
  readEdits(room).findLast((edit) =>
    message ? isSameMessage(edit.message, message) : !messagesBeingSaved.has(edit.message.client_id),
  ) ?? null;

/**
 * Keeps a change until `save()` resolves with true. Says whether it did.
 * @param {MessageChange} change
 * @param {() => Promise<boolean>} save
 */
export async function keepUntilSaved({ room, message, body }, save) {
  messagesBeingSaved.add(message.client_id);
  const saved = await save();
  messagesBeingSaved.delete(message.client_id);
  if (saved && findEdit(room.id, message)?.body === body) clearEdit(room.id, message);
  return saved;
}
