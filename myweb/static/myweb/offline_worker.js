// The part of the service worker that opens the site without a network.
(() => {
  const worker = /** @type {any} */ (self);

  /**
   * A new release waits until a page of it is open, or somebody agreed.
   * @param {any} event
   */
  function onMessage(event) {
    const { data, source } = event;
    if (data?.do !== "activate") return;
    if (data.agreed || data.release === RELEASE) event.waitUntil(worker.skipWaiting());
    else source.postMessage({ type: "update" });
  }

  worker.addEventListener("message", onMessage);
})();
