import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { installIndexedDB } from "./indexed_db.js";
import { load, openPage } from "./page.js";

openPage();
const { OfflineStore, addCopy } = await load("myweb/offline_store.js");
const ada = { user: 1, epoch: "one", me: { id: 1 }, config: {} };
const ben = { user: 2, epoch: "one", me: { id: 2 }, config: {} };
const room = (id, at = id) => ({ key: `room.${id}`, kind: "room", path: `/rooms/${id}/`, title: `Room ${id}`, at });
const board = (key) => ({ key: `dashboard.${key}`, kind: "dashboard", path: `/dashboards/${key}/`, title: key, at: 0 });
let store;

beforeEach(() => {
  installIndexedDB();
  store = new OfflineStore();
});

test("what was written last is the first in the list", async () => {
  await store.claim(ada);
  for (const copy of [room(1), room(2), room(1, 3)]) assert.equal(await store.write(ada, copy), true);
  const { owner, copies } = await store.read();
  assert.deepEqual(owner.kept.map(({ key, at }) => [key, at]), [["room.1", 3], ["room.2", 2]]);
  assert.deepEqual(copies.map(({ key }) => key).sort(), ["room.1", "room.2"]);
});

test("only the last eight rooms and four dashboards are kept", async () => {
  await store.claim(ada);
  for (let id = 1; id <= 10; id += 1) await store.write(ada, room(id));
  for (const key of "abcdef") await store.write(ada, board(key));
  const { owner, copies } = await store.read();
  assert.equal(copies.length, 12);
  const rooms = [10, 9, 8, 7, 6, 5, 4, 3].map((id) => `Room ${id}`);
  assert.deepEqual(owner.kept.map(({ title }) => title), [..."fedc", ...rooms]);
});

test("another user finds nothing of the one before", async () => {
  await store.claim(ada);
  await store.write(ada, room(1));
  await store.claim(ben);
  const { owner, copies } = await store.read();
  assert.deepEqual([owner.user, owner.kept, copies], [2, [], []]);
});

test("a restored backup begins anew", async () => {
  await store.claim(ada);
  await store.write(ada, room(1));
  await store.claim({ ...ada, epoch: "two" });
  assert.deepEqual((await store.read()).copies, []);
});

test("a page of the same user keeps what is there", async () => {
  await store.claim(ada);
  await store.write(ada, room(1));
  await store.claim(ada);
  assert.equal((await store.read()).copies.length, 1);
});

test("a page that is left open writes nothing for the user who came after, or after signing out", async () => {
  await store.claim(ada);
  await store.claim(ben);
  assert.equal(await store.write(ada, room(1)), false);
  assert.deepEqual((await store.read()).copies, []);
  await store.wipe();
  assert.equal(await store.write(ben, room(2)), false);
  assert.equal(await store.read(), null);
});

test("the page of a user who has gone deletes nothing of the next one", async () => {
  await store.claim(ben);
  await store.write(ben, room(1));
  assert.equal(await store.wipe(1), false);
  assert.equal((await store.read()).copies.length, 1);
  assert.equal(await store.wipe(2), true);
  assert.equal(await store.read(), null);
});

test("without a database there is nothing to read, and nobody waits", async () => {
  delete globalThis.indexedDB;
  store = new OfflineStore();
  assert.equal(await store.write(ada, room(1)), null);
  assert.equal(await store.read(), null);
});

test("a copy that is replaced drops no other one", () => {
  const kept = [1, 2, 3, 4, 5, 6, 7, 8].map((id) => room(id));
  const { chosen, dropped } = addCopy(kept, room(8, 99));
  assert.deepEqual([chosen[0].at, chosen.length, dropped], [99, 8, []]);
});
