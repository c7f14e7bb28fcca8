// The part of the service worker that opens the site without a network. It keeps one page, without anything of a user,
// and the static files of its release. Pages come from the network first; their static files do not pass through here.
(() => {
  const worker = /** @type {any} */ (self);
  const PREFIX = "offline ";
  const PAGE = "/offline/";
  const NO_PAGE = /^\/(admin|api|static|ws)\/|\/transcript\/$|\.\w+$/;
  const MAX_CLIENTS = 100;
  /** @type {Map<string, "network" | "cache">} */
  const sources = new Map(); // client -> where its page came from, since this worker began

  /** @param {Response} page */
  const listFiles = async (page) => new Set((await page.text()).match(new RegExp(`${STATIC}[\\w./-]+`, "g")));

  async function install() {
    const [cache, page] = await Promise.all([caches.open(PREFIX + RELEASE), fetch(PAGE, { cache: "no-store" })]);
    if (!page.ok) throw new Error(`${PAGE}: ${page.status}`);
    const files = await listFiles(page.clone());
    await cache.addAll([...files]);
    await cache.put(PAGE, page);
  }

  async function activate() {
    await worker.registration.navigationPreload?.enable();
    const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + RELEASE);
    await Promise.all(names.map((name) => caches.delete(name)));
    await worker.clients.claim();
  }

  /** @param {any} event */
  async function openPage(event) {
    const { preloadResponse, request, resultingClientId } = event;
    const [oldest] = sources.keys();
    if (sources.size >= MAX_CLIENTS) sources.delete(oldest);
    try {
      sources.set(resultingClientId, "network");
      return (await preloadResponse) || (await fetch(request));
    } catch (error) {
      const page = await caches.match(PAGE);
      if (!page) throw error;
      sources.set(resultingClientId, "cache");
      return page;
    }
  }

  /** @param {Request} request */
  const findFile = (request) => caches.match(request, { ignoreVary: true });

  /** @param {Request} request */
  const openFile = async (request) => (await findFile(request)) ?? fetch(request);

  /** @param {Request} request */
  async function openLateFile(request) {
    try {
      return await fetch(request);
    } catch (error) {
      const file = await findFile(request);
      if (!file) throw error;
      return file;
    }
  }

  /** @param {any} event */
  function onFetch(event) {
    const { request, clientId } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin) return;
    if (request.mode === "navigate") {
      if (!NO_PAGE.test(pathname)) event.respondWith(openPage(event));
    } else if (pathname.startsWith(STATIC) && sources.get(clientId) !== "network")
      event.respondWith(sources.has(clientId) ? openFile(request) : openLateFile(request));
  }

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

  worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
  worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));
  worker.addEventListener("fetch", onFetch);
  worker.addEventListener("message", onMessage);
})();
