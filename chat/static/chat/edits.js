// Unsaved changes to messages, by room. They outlive a reload and a look at other rooms; several may wait, the last one
// first.
import { me } from "./page.js";
import { session } from "./storage.js";

const saving = new Set(); // client ids of messages whose change is on its way to the server
const keyOf = (room) => `edits:${me.id}:${room}`;
const same = (one, other) => one.client_id === other.client_id;
const read = (room) => session.getJson(keyOf(room)) ?? [];

/** `message` needs `client_id`, and `id` and `seq` if it is stored. */
export function saveEdit(room, message, body) {
  const { id, seq, client_id } = message;
  session.setJson(keyOf(room), [
    ...read(room).filter((edit) => !same(edit.message, message)),
    { message: { id, seq, client_id }, body },
  ]);
}

export function clearEdit(room, message) {
  const left = read(room).filter((edit) => !same(edit.message, message));
  if (left.length) session.setJson(keyOf(room), left);
  else session.remove(keyOf(room));
}

/** {message, body} of this message, or of the one that was changed last; null if there is none. */
export const findEdit = (room, message = null) =>
  read(room).findLast((edit) => (message ? same(edit.message, message) : !saving.has(edit.message.client_id))) ?? null;

/** Keeps a change until `save()` resolves with true. Says whether it did. */
export async function keepUntilSaved({ room, message, body }, save) {
  saving.add(message.client_id);
  const saved = await save();
  saving.delete(message.client_id);
  if (saved && findEdit(room.id, message)?.body === body) clearEdit(room.id, message);
  return saved;
}
