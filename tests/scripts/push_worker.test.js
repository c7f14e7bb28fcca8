// What the service worker does with push messages and with taps on them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import vm from "node:vm";

const source = readFileSync(new URL("../../push/static/push/push_worker.js", import.meta.url), "utf8");
const MESSAGE = { id: "1", tag: "room.5", title: "operations", body: "Ada: disk is full", path: "/rooms/5/?at=7" };
let worker;

/** A service worker with what a browser gives it. */
class Worker {
  constructor() {
    this.listeners = {};
    this.shown = [];
    this.badges = [];
    this.windows = [];
    this.opened = [];
    const registration = {
      getNotifications: async ({ tag }) => this.shown.filter((notification) => notification.tag === tag),
      showNotification: async (title, options) => {
        this.shown = [...this.shown.filter(({ tag }) => !tag || tag !== options.tag), { title, ...options }];
      },
    };
    const clients = {
      matchAll: async ({ includeUncontrolled }) => (includeUncontrolled ? this.windows : []),
      openWindow: async (url) => { this.opened.push(url); },
    };
    const self = { registration, clients, addEventListener: (type, run) => { this.listeners[type] = run; } };
    const navigator = {
      setAppBadge: async (count) => { this.badges.push(count); },
      clearAppBadge: async () => { this.badges.push(0); },
    };
    const location = new URL("https://chat.example.com/sw.js");
    this.requests = [];
    const fetch = async (path, options) => {
      this.requests.push([path, options]);
      return { text: async () => '<meta name="csrf-token" content="token">' };
    };
    this.context = { self, navigator, location, URL, MessageChannel, setTimeout, btoa, fetch, STATIC: "/static/" };
    vm.runInNewContext(source, this.context);
  }

  async run(type, event) {
    let waited;
    this.listeners[type]({ ...event, waitUntil: (promise) => { waited = promise; } });
    assert.ok(waited, "the browser may end the worker before it is done");
    await waited;
  }

  push(message) {
    const json = () => (typeof message === "string" ? JSON.parse(message) : message);
    return this.run("push", { data: message === null ? null : { json } });
  }

  tap() {
    const [{ data }] = this.shown;
    const notification = { data, close: () => { this.shown = []; } };
    return this.run("notificationclick", { notification });
  }

  /** A window at an address, that answers or not. */
  addWindow(path, { answers = true } = {}) {
    const window = { url: `https://chat.example.com${path}`, focused: false, asked: [] };
    window.focus = async () => { window.focused = true; };
    window.postMessage = (message, [port]) => {
      window.asked.push(message.open);
      if (answers) port.postMessage("opened");
      port.close();
    };
    this.windows.push(window);
    return window;
  }
}

beforeEach(() => { worker = new Worker(); });

test("a message is shown with its words", async () => {
  await worker.push(MESSAGE);
  const [{ title, body, tag, icon }] = worker.shown;
  assert.deepEqual([title, body, tag], ["operations", "Ada: disk is full", "room.5"]);
  assert.equal(icon, "/static/myweb/icon-192.png");
});

test("something is shown also of what can't be read, and while a window has the focus", async () => {
  for (const broken of [null, "", "{", "null"]) {
    worker = new Worker();
    worker.addWindow("/rooms/5/").focused = true;
    await worker.push(broken);
    assert.equal(worker.shown.length, 1);
    assert.equal(worker.shown[0].title, "chat.example.com");
  }
});

test("a newer message of a room takes the place of the older one and sounds; a repeated one is silent", async () => {
  await worker.push(MESSAGE);
  assert.equal(worker.shown[0].renotify, true);
  await worker.push({ ...MESSAGE, id: "2", body: "Ada: it is empty again" });
  assert.deepEqual(worker.shown.map(({ body, renotify }) => [body, renotify]), [["Ada: it is empty again", true]]);
  await worker.push({ ...MESSAGE, id: "2", body: "Ada: it is empty again" });
  assert.deepEqual(worker.shown.map(({ renotify }) => renotify), [false]);
  await worker.push({ ...MESSAGE, tag: "room.6" });
  assert.equal(worker.shown.length, 2);
});

test("it is shown even if the browser can't say what is on the screen, and without badges", async () => {
  worker.context.self.registration.getNotifications = async () => { throw new Error("no"); };
  worker.context.navigator.setAppBadge = undefined;
  await worker.push({ ...MESSAGE, badge: 3 });
  assert.equal(worker.shown.length, 1);
});

test("the icon has the number of unread messages, and none at zero", async () => {
  await worker.push({ ...MESSAGE, badge: 3 });
  await worker.push({ ...MESSAGE, id: "2", badge: 0 });
  await worker.push({ ...MESSAGE, id: "3" });
  assert.deepEqual(worker.badges, [3, 0]);
});

test("the pages are told once a test is shown, and of nothing else", async () => {
  const told = [];
  worker.windows.push({ postMessage: ({ received }) => told.push([received, worker.shown.length]) });
  await worker.push(MESSAGE);
  await worker.push({ ...MESSAGE, tag: "test" });
  assert.deepEqual(told, [["test", 2]]);
});

test("a tap opens the page in a window of the site that is there", async () => {
  const other = worker.addWindow("/dashboards/");
  const room = worker.addWindow("/rooms/5/");
  await worker.push(MESSAGE);
  await worker.tap();
  assert.deepEqual([room.asked, other.asked, worker.opened], [["/rooms/5/?at=7"], [], []]);
  assert.ok(room.focused);
  assert.equal(worker.shown.length, 0);
});

test("a tap opens a window if there is none, or if it does not answer", async () => {
  await worker.push(MESSAGE);
  await worker.tap();
  assert.deepEqual(worker.opened, ["https://chat.example.com/rooms/5/?at=7"]);
  worker = new Worker();
  worker.addWindow("/accounts/login/", { answers: false });
  await worker.push(MESSAGE);
  await worker.tap();
  assert.deepEqual(worker.opened, ["https://chat.example.com/rooms/5/?at=7"]);
});

const makeSubscription = (endpoint) => ({
  options: { userVisibleOnly: true, applicationServerKey: new Uint8Array([251, 255]).buffer },
  toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: "p", auth: "a" } }),
});

test("a subscription that the browser renews is sent to the site, as a page of it would do", async () => {
  await worker.run("pushsubscriptionchange", { newSubscription: makeSubscription("https://push.example/2") });
  const [[path], [target, { method, headers, body }]] = worker.requests;
  assert.deepEqual([path, target, method], ["/settings/notifications/", "/push/subscription/", "POST"]);
  assert.equal(headers["X-CSRFToken"], "token");
  const expected = { endpoint: "https://push.example/2", p256dh: "p", auth: "a", key: "-_8", renewed: true };
  assert.deepEqual(JSON.parse(body), expected);
});

test("a subscription that ended is made again with the same key", async () => {
  const { options } = makeSubscription();
  worker.context.self.registration.pushManager = {
    getSubscription: async () => null,
    subscribe: async (asked) => makeSubscription(asked === options ? "https://push.example/3" : ""),
  };
  await worker.run("pushsubscriptionchange", { oldSubscription: { options } });
  assert.equal(JSON.parse(worker.requests[1][1].body).endpoint, "https://push.example/3");
});

test("without a network or a subscription the worker leaves it to the next page", async () => {
  worker.context.fetch = async () => { throw new Error("offline"); };
  await worker.run("pushsubscriptionchange", { newSubscription: makeSubscription("https://push.example/2") });
  await worker.run("pushsubscriptionchange", {});
  assert.deepEqual(worker.requests, []);
});

test("a tap never leaves the site", async () => {
  for (const path of ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]) {
    worker = new Worker();
    await worker.push({ ...MESSAGE, path });
    await worker.tap();
    assert.deepEqual(worker.opened, []);
  }
});
