import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installIndexedDB } from "./indexed_db.js";
import { load, openPage, settled } from "./page.js";

const me = { id: 7, name: "Ada", rooms: [] };
openPage({ blocks: { "page-me": me, "page-config": { epoch: "one", service_worker: true, build: "1" } } });
globalThis.HTMLFormElement = class {};
const { OfflineCopies, copyRoom, reloadWhenBack } = await load("chat/offline_copies.js");
const { OfflineStore } = await load("myweb/offline_store.js");
const { Room } = await load("chat/room.js");
const { config } = await load("chat/page.js");
let socket, copies;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => clock);
  clock = 60_000;
  installIndexedDB();
  socket = Object.assign(new EventTarget(), { ready: true, since: null, closeCode: null });
  copies = new OfflineCopies(socket, { order: [{ id: 1, name: "operations" }] });
});

let clock = 0;
const pass = async (ms) => {
  clock += ms;
  mock.timers.tick(ms);
  mock.timers.tick(1); // of requestIdleCallback
  await settled();
};
const view = (fields = {}) => () => ({ key: "room.1", kind: "room", path: "/rooms/1/", title: "one", ...fields });
const stored = async () => (await new OfflineStore().read())?.copies ?? [];
const start = async () => {
  copies.start();
  await settled();
};

/** @param {number} count */
function makeRoom(count, members = 3) {
  const room = new Room(1);
  room.snapshot({
    room: { id: 1, rev: 1, kind: "open", name: "operations" },
    members: Array.from({ length: members }, (_, index) => ({ id: index + 1, name: `User ${index + 1}` })),
    messages: Array.from({ length: count }, (_, index) => ({ seq: index + 1, id: index + 1, rev: 1, author: members })),
    more: false,
  });
  return room;
}

test("a view is stored some seconds after it began, with the time", async () => {
  await start();
  copies.watch(view());
  await pass(1_000);
  assert.deepEqual(await stored(), []);
  const before = Date.now();
  await pass(2_000);
  const [copy] = await stored();
  assert.equal(copy.path, "/rooms/1/");
  assert.ok(copy.at >= before && copy.at <= Date.now());
});

test("changes are stored together, and without one nothing is written", async () => {
  await start();
  let taken = 0;
  copies.watch(() => view({ taken: (taken += 1) })());
  await pass(3_000);
  await pass(60_000);
  assert.equal(taken, 1);
  for (let count = 0; count < 50; count += 1) copies.note();
  await pass(1);
  for (let count = 0; count < 50; count += 1) copies.note();
  await pass(20_000);
  assert.equal(taken, 3);
});

test("what was seen before the connection ended is as of then", async () => {
  await start();
  socket.since = new Date("2026-11-29T14:02:00Z");
  copies.watch(view());
  await pass(3_000);
  assert.equal((await stored())[0].at, Number(socket.since));
});

test("a view that ends is stored before", async () => {
  await start();
  copies.watch(view());
  copies.watch(null);
  await settled();
  assert.equal((await stored()).length, 1);
  await pass(60_000);
  assert.equal((await stored()).length, 1);
});

for (const closeCode of [4101, 4102, 4103])
  test(`close code ${closeCode} deletes what is stored, and nothing is written any more`, async () => {
    copies.listenForEnd();
    await start();
    copies.watch(view());
    await pass(3_000);
    assert.equal((await stored()).length, 1);
    socket.closeCode = closeCode;
    socket.dispatchEvent(new Event("state"));
    copies.watch(view());
    await pass(60_000);
    assert.deepEqual(await stored(), []);
  });

test("where the worker is switched off nothing is kept", async () => {
  config.service_worker = false;
  await start();
  copies.watch(view());
  await pass(60_000);
  config.service_worker = true;
  assert.deepEqual(await stored(), []);
});

test("a page that goes on after a backup was restored deletes what is of before", async () => {
  await start();
  copies.watch(view({ epoch: "one" }));
  await pass(3_000);
  assert.equal((await stored()).length, 1);
  copies.watch(view({ key: "room.2", epoch: "two" }));
  await pass(60_000);
  assert.deepEqual(await stored(), []);
});

test("a copy that is too large is not written", async () => {
  await start();
  copies.watch(view({ text: "x".repeat(500_000) }));
  await pass(60_000);
  assert.deepEqual(await stored(), []);
});

test("a room is copied with its last messages and the members that they name", () => {
  const room = makeRoom(100, 5_000);
  const { snapshot, ...rest } = copyRoom(room, { rev: 9, epoch: "one" });
  assert.deepEqual(rest, { id: 1, rev: 9, epoch: "one" });
  assert.deepEqual([snapshot.messages.length, snapshot.messages[0].seq, snapshot.more], [60, 41, true]);
  assert.equal(snapshot.members.length, 201);
  assert.equal(snapshot.members.at(-1).id, 5_000);
});

test("a copied room is the same room", () => {
  const room = makeRoom(5);
  const again = new Room(1);
  again.snapshot(copyRoom(room, { rev: 1, epoch: "one" }).snapshot);
  assert.deepEqual([again.state, again.members, again.tail], [room.state, room.members, room.tail]);
});

test("an offline page is loaded again once everything is sent and nobody is writing", async () => {
  let reloads = 0;
  const place = Object.assign(new URL(location.href), { reload: () => { reloads += 1; } });
  Object.defineProperty(globalThis, "location", { value: place, configurable: true });
  globalThis.fetch = async () => ({ ok: true });
  const outbox = Object.assign(new EventTarget(), { items: [{ state: "waiting" }], waitsForFiles: () => false });
  const box = { value: "half a sen", closest: () => box };
  document.activeElement = box;
  reloadWhenBack(socket, outbox, Promise.resolve());
  const check = async (target, type) => {
    target.dispatchEvent(new Event(type));
    await settled();
    return reloads;
  };
  assert.equal(await check(socket, "ready"), 0);
  outbox.items = [];
  assert.equal(await check(outbox, "change"), 0);
  box.value = "";
  globalThis.fetch = async () => { throw new TypeError("network"); };
  assert.equal(await check(document, "focusout"), 0);
  globalThis.fetch = async () => ({ ok: true });
  socket.ready = false;
  assert.equal(await check(document, "focusout"), 0);
  socket.ready = true;
  assert.equal(await check(document, "focusout"), 1);
});

test("an offline page does not wait for files, which only the real one uploads", async () => {
  let reloads = 0;
  const place = Object.assign(new URL(location.href), { reload: () => { reloads += 1; } });
  Object.defineProperty(globalThis, "location", { value: place, configurable: true });
  globalThis.fetch = async () => ({ ok: true });
  document.activeElement = null;
  const outbox = Object.assign(new EventTarget(), { items: [{ state: "waiting" }], waitsForFiles: () => true });
  reloadWhenBack(socket, outbox, Promise.resolve());
  socket.dispatchEvent(new Event("ready"));
  await settled();
  assert.equal(reloads, 1);
});
