// Refreshes the list of alerts while it is visible.
import { getDocument } from "../myweb/api.js";
import { paintTimes } from "../myweb/time.js";
import { onView } from "../myweb/view.js";

const EVERY = 5_000; // ms

/** @param {HTMLElement} place */
async function refreshAlerts(place) {
  if (document.visibilityState !== "visible" || place.matches(":focus-within")) return;
  const fresh = (await getDocument(location.href)).getElementById("alerts");
  if (fresh) paintTimes(fresh);
  if (fresh && fresh.textContent !== place.textContent) place.replaceChildren(...document.adoptNode(fresh).childNodes);
}

onView("#alerts", (place, signal) => {
  const refresh = () => refreshAlerts(place).catch(() => {}); // without a connection it stays as it was
  const timer = setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
});
