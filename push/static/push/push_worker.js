// Push messages: a part of the service worker. iOS ends a subscription after three messages that show nothing, so each
// one shows something, whether a window is open or not; what is being read is kept back by the server.
(() => {
  const TEST = "test"; // the tag of a message that a user sends to their own device
  const ANSWER_TIME = 1000; // ms that an open page has to put another page in place
  const worker = /** @type {any} */ (self);

  /** @param {any} event */
  const readMessage = (event) => {
    let fields = null;
    try {
      fields = event.data.json();
    } catch {
      // What can't be read is shown with the site's name.
    }
    const { id = "", tag = "", title = "", body = "", path = "/", badge = null } = fields ?? {};
    return { id, tag, title: title || location.host, body, path, badge };
  };

  /**
   * A repeated message is silent; a newer one of the same tag takes the place of the older one.
   * @param {{ tag: string, id: string }} message
   */
  const isNew = async ({ tag, id }) => {
    const shown = await worker.registration.getNotifications({ tag }).catch(() => []);
    return !shown.some((/** @type {Notification} */ notification) => notification.data?.id === id);
  };

  /** @param {any} message */
  const showMessage = async (message) => {
    const { id, tag, title, body, path } = message;
    const renotify = Boolean(tag) && (await isNew(message));
    const icon = `${STATIC}myweb/icon-192.png`;
    await worker.registration.showNotification(title, { body, tag, renotify, icon, data: { id, path } });
  };

  /** @param {{ badge: number | null }} message */
  const showBadge = async ({ badge }) => {
    if (badge === null || !navigator.setAppBadge) return;
    await (badge ? navigator.setAppBadge(badge) : navigator.clearAppBadge()).catch(() => {});
  };

  /** @returns {Promise<any[]>} */
  const listWindows = () => worker.clients.matchAll({ type: "window", includeUncontrolled: true });

  /**
   * The page that sent a test says how long it took.
   * @param {{ tag: string }} message
   */
  const reportTest = async ({ tag }) => {
    if (tag !== TEST) return;
    for (const client of await listWindows()) client.postMessage({ received: tag });
  };

  /**
   * Whether the page in this window has opened the path.
   * @param {any} client
   * @param {string} path
   */
  const askPage = (client, path) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(true);
    setTimeout(() => resolve(false), ANSWER_TIME);
    client.postMessage({ open: path }, [port2]);
  });

  /** @param {string} path */
  const openPage = async (path) => {
    const url = new URL(path, location.origin);
    if (url.origin !== location.origin) return;
    const windows = await listWindows();
    const there = windows.find((client) => new URL(client.url).pathname === url.pathname) ?? windows[0];
    if (there) {
      await there.focus().catch(() => {});
      if (await askPage(there, path)) return;
    }
    await worker.clients.openWindow(url.href);
  };

  /** @param {ArrayBuffer | null} bytes */
  const toBase64Url = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes ?? [])))
      .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

  /**
   * The browser has ended its subscription, and may have made another one. A page may not be opened for weeks.
   * @param {any} event
   */
  const renewSubscription = async ({ oldSubscription, newSubscription }) => {
    const { pushManager } = worker.registration;
    const subscription = newSubscription ?? (await pushManager.getSubscription())
      ?? (await pushManager.subscribe(oldSubscription.options));
    const page = await (await fetch("/settings/notifications/")).text();
    const [, token = ""] = /name="csrf-token" content="([^"]+)"/.exec(page) ?? [];
    const { endpoint, keys } = subscription.toJSON();
    const key = toBase64Url(subscription.options.applicationServerKey);
    await fetch("/push/subscription/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ endpoint, ...keys, key, renewed: true }),
    });
  };

  worker.addEventListener("push", (/** @type {any} */ event) => {
    const message = readMessage(event);
    event.waitUntil(Promise.all([showMessage(message).then(() => reportTest(message)), showBadge(message)]));
  });

  worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
    event.notification.close();
    event.waitUntil(openPage(event.notification.data?.path ?? "/"));
  });

  worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => {
    event.waitUntil(renewSubscription(event).catch(() => {})); // the next page compares them
  });
})();
