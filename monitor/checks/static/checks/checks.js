// Refreshes the list of checks while it is visible. The server renders it.
import { getDocument } from "../myweb/api.js";
import { paintTimes } from "../myweb/time.js";

const EVERY = 5_000;

async function refreshChecks() {
  const list = document.getElementById("checks");
  if (!list || document.visibilityState !== "visible") return;
  const fresh = (await getDocument(location.href)).getElementById("checks");
  const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  if (fresh) paintTimes(fresh);
  if (!fresh || fresh.isEqualNode(list)) return;
  list.replaceWith(document.adoptNode(fresh));
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

setInterval(() => refreshChecks().catch(() => {}), EVERY);
document.addEventListener("visibilitychange", () => refreshChecks().catch(() => {}));
