// Unsent text. Each tab has its own draft of a room; the newest is also kept for tabs that are opened later.
import { local, session } from "./storage.js";

const PREFIXES = /^(draft|reply):/;

export const readDraft = (key) => session.get(key) ?? local.get(key);

export function saveDraft(key, text) {
  session.set(key, text);
  local.set(key, text);
}

/** `text` was sent or given up by this tab. What another tab has written since then stays. */
export function clearDraft(key, text = readDraft(key)) {
  session.remove(key);
  if (local.get(key) === text) local.remove(key);
}

/** Another tab has sent the shared draft; if this one holds other words, they take its place. */
addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (newValue !== null || !PREFIXES.test(key ?? "")) return;
  const own = session.get(key);
  if (own !== null && own !== oldValue) local.set(key, own);
  else session.remove(key);
});
