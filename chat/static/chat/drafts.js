// Unsent text. Each tab has its own draft of a room; the newest is also kept for tabs that are opened later.
import { local, session } from "./storage.js";

const PREFIXES = /^(draft|reply):/;

/** @param {string} key */
export const readDraft = (key) => session.get(key) ?? local.get(key);

/**
 * @param {string} key
 * @param {string} text
 */
export function saveDraft(key, text) {
  session.set(key, text);
  local.set(key, text);
}

/**
 * This tab's draft was sent or discarded. What another tab has written since then stays.
 * @param {string} key
 */
export function clearDraft(key) {
  if (local.get(key) === readDraft(key)) local.remove(key);
  session.set(key, "");
}

/** Another tab has sent the shared draft; if this one holds other words, they take its place. */
addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key === null || newValue !== null || !PREFIXES.test(key)) return;
  const own = session.get(key);
  if (own && own !== oldValue) local.set(key, own);
});
