// Registers the service worker, and offers a new release of the site. It takes over when a page of it is open anyway,
// or when the user agrees.
import { findElement } from "../myweb/elements.js";
import { urls } from "../myweb/urls.js";
import { config } from "./page.js";

const MAX_FILES = 200; // of a page
const CHECK_INTERVAL = 600_000; // ms; a reconnection checks too, since a release restarts the servers
const workers = navigator.serviceWorker ?? null; // absent over plain http
let isUpdateReady = false;
let isReloading = false;
let checkedAt = 0;

/** @param {ServiceWorkerRegistration} registration */
function onWaiting({ waiting }) { waiting?.postMessage({ do: "activate", release: config.build }); }

/** @param {ServiceWorkerRegistration} registration */
function listenForUpdates(registration) {
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => installing.state === "installed" && onWaiting(registration));
  });
  onWaiting(registration);
}

async function agreeToUpdate() {
  isReloading = true;
  const registration = await workers?.getRegistration();
  if (registration?.waiting) registration.waiting.postMessage({ do: "activate", agreed: true });
  else location.reload(); // another tab agreed
}

/** Modules of the release import each other by names that change with their content. */
const isHashed = (/** @type {string} */ url) => /\.[0-9a-f]{12}\.\w+$/.test(url);

/** The files that pages use, so that they are there without a network; and the offline page in the page's language. */
async function keepFiles() {
  const name = `offline ${config.build}`;
  if (!(await caches.has(name))) return; // the worker is of another release
  const cache = await caches.open(name);
  const page = await cache.match(urls.offline);
  if (page?.headers.get("Content-Language") !== document.documentElement.lang) await cache.add(urls.offline);
  const used = performance.getEntriesByType("resource").map(({ name }) => name);
  const files = used.filter((url) => url.startsWith(new URL(urls.static, location.href).href)).slice(0, MAX_FILES);
  for (const url of new Set(files))
    if (!isHashed(url) || !(await cache.match(url, { ignoreVary: true }))) await cache.add(url);
}

/** The view is another, with an element of its own. */
export function bindUpdateStrip() {
  const strip = document.getElementById("update-strip");
  if (!strip) return;
  strip.hidden = !isUpdateReady;
  findElement(strip, "button", HTMLButtonElement).onclick = agreeToUpdate;
}

async function checkForUpdate() {
  if (performance.now() - checkedAt < CHECK_INTERVAL) return;
  checkedAt = performance.now();
  await (await workers?.getRegistration())?.update().catch(() => {}); // offline, or the server restarts
}

/**
 * After the page is complete: it must not wait for this.
 * @param {Socket} socket
 */
export async function startServiceWorker(socket) {
  if (!workers) return;
  if (!config.service_worker) return void (await workers.getRegistration())?.update().catch(() => {});
  workers.addEventListener("message", ({ data }) => {
    if (data?.type !== "update") return;
    isUpdateReady = true;
    bindUpdateStrip();
  });
  workers.addEventListener("controllerchange", () => isReloading && location.reload());
  const registration = await workers.register("/sw.js", { updateViaCache: "none" }).catch(() => null);
  if (!registration) return;
  checkedAt = performance.now();
  listenForUpdates(registration);
  workers.ready.then(keepFiles).catch(() => {}); // storage is full, or the network goes
  socket.addEventListener("ready", checkForUpdate);
  document.addEventListener("visibilitychange", checkForUpdate);
}
