// Served in place of the service worker when it is switched off: it removes itself and what workers have cached.
(() => {
  const worker = /** @type {any} */ (self);

  async function removeAll() {
    for (const name of await caches.keys()) await caches.delete(name);
    await worker.registration.unregister();
  }

  worker.addEventListener("install", () => worker.skipWaiting());
  worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(removeAll()));
})();
