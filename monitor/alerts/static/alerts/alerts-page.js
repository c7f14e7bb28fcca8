// Refreshes the list of alerts while it is visible.
import { getElement } from "../myweb/elements.js";
import { getDocument } from "../myweb/api.js";
import { paintTimes } from "../myweb/time.js";

const EVERY = 5_000; // ms
const place = getElement("alerts", HTMLElement);

async function refreshAlerts() {
  if (document.visibilityState !== "visible" || place.matches(":focus-within")) return;
  const fresh = (await getDocument(location.href)).getElementById("alerts");
  if (fresh) paintTimes(fresh);
  if (fresh && fresh.textContent !== place.textContent) place.replaceChildren(...document.adoptNode(fresh).childNodes);
}

setInterval(() => refreshAlerts().catch(() => {}), EVERY); // without a connection it stays as it was
document.addEventListener("visibilitychange", () => refreshAlerts().catch(() => {}));
