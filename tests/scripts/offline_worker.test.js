import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { find } from "./resolve.js";

const ORIGIN = "https://chat.example.com";
const PAGE = '<link href="/static/base.0123456789ab.css"><link data-later="chat/app.js" href="/static/chat/app.js">';
const source = readFileSync(fileURLToPath(find("myweb/offline_worker.js")), "utf-8");
let network, status, stored, requested, listeners, worker;

class FakeCache {
  files = new Map();
  async put(url, response) { this.files.set(url, response); }
  async addAll(urls) { for (const url of urls) this.files.set(url, await answer(url)); }
  async match(request) { return this.files.get(request.url?.replace(ORIGIN, "") ?? request); }
}

async function answer(request) {
  const url = request.url ?? request;
  requested.push(url);
  if (!network) throw new TypeError("Failed to fetch");
  return new Response(url === "/offline/" ? PAGE : `network ${url}`, { status });
}

function start(release) {
  listeners = {};
  const caches = {
    open: async (name) => stored.get(name) ?? stored.set(name, new FakeCache()).get(name),
    keys: async () => [...stored.keys()],
    delete: async (name) => stored.delete(name),
    match: async (request) => {
      for (const cache of stored.values()) if (await cache.match(request)) return (await cache.match(request)).clone();
    },
  };
  worker = {
    addEventListener: (type, listener) => { listeners[type] = listener; },
    clients: { claim: async () => {} },
    registration: {},
    skipped: 0,
    skipWaiting: async () => { worker.skipped += 1; },
  };
  const browser = { self: worker, caches, fetch: answer, location: { origin: ORIGIN }, URL };
  vm.runInNewContext(source, { ...browser, RELEASE: release, STATIC: "/static/" });
}

const run = (type, event = {}) =>
  new Promise((done) => listeners[type]({ ...event, waitUntil: (work) => done(work) }));

/** What the worker answers; undefined if the request does not pass through it. */
async function request(path, { mode = "navigate", method = "GET", client = "", page = "new", origin = ORIGIN } = {}) {
  let response;
  listeners.fetch({
    request: { url: origin + path, mode, method },
    clientId: client,
    resultingClientId: page,
    preloadResponse: Promise.resolve(undefined),
    respondWith: (work) => { response = work; },
  });
  return response && (await response).text();
}

beforeEach(async () => {
  network = true;
  status = 200;
  stored = new Map();
  requested = [];
  start("1");
  await run("install");
  await run("activate");
  requested.length = 0;
});

test("pages come from the network while there is one", async () => {
  assert.equal(await request("/rooms/5/"), `network ${ORIGIN}/rooms/5/`);
});

test("without a network every page is the one that is kept, with its static files", async () => {
  network = false;
  assert.equal(await request("/rooms/5/", { page: "one" }), PAGE);
  assert.equal(await request("/static/chat/app.js", { mode: "cors", client: "one" }), "network /static/chat/app.js");
});

test("static files of a page from the network do not pass through the worker", async () => {
  await request("/rooms/5/", { page: "one" });
  assert.equal(await request("/static/chat/app.js", { mode: "cors", client: "one" }), undefined);
});

test("a page from before the worker began gets late files from the network, else from the cache", async () => {
  const late = { mode: "cors", client: "older" };
  assert.equal(await request("/static/chat/app.js", late), `network ${ORIGIN}/static/chat/app.js`);
  network = false;
  assert.equal(await request("/static/chat/app.js", late), "network /static/chat/app.js");
  await assert.rejects(request("/static/never-was.js", late));
});

for (const [path, options] of [
  ["/ws/", { mode: "websocket" }],
  ["/rooms/5/", { method: "POST" }],
  ["/rooms/5/history/", { mode: "cors" }],
  ["/rooms/5/transcript/", {}],
  ["/admin/", {}],
  ["/people/invitations/1/qr.svg", {}],
  ["/static/chat/app.js", { mode: "cors", origin: "https://other.example.com" }],
])
  test(`${options.method ?? "GET"} ${path} (${options.mode ?? "navigate"}) does not pass through it`, async () => {
    for (network of [true, false]) assert.equal(await request(path, options), undefined);
  });

test("a release whose page cannot be read is not installed", async () => {
  network = false;
  start("2");
  await assert.rejects(run("install"));
});

test("what a server says that is starting again is not kept as the page", async () => {
  status = 503;
  start("2");
  await assert.rejects(run("install"), /503/);
});

test("a new release deletes what the earlier one has cached, and nothing else", async () => {
  stored.set("push", new FakeCache());
  start("2");
  await run("install");
  await run("activate");
  assert.deepEqual([...stored.keys()].sort(), ["offline 2", "push"]);
});

test("a new release waits for a page of its own, or for somebody who agrees", async () => {
  const told = [];
  const tell = { postMessage: (message) => told.push(message) };
  listeners.message({ data: { do: "activate", release: "0" }, source: tell });
  assert.deepEqual([worker.skipped, told.map(({ type }) => type)], [0, ["update"]]);
  await run("message", { data: { do: "activate", release: "1" }, source: tell });
  await run("message", { data: { do: "activate", agreed: true }, source: tell });
  assert.equal(worker.skipped, 2);
});
