import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage, settled } from "./page.js";

openPage();
Object.assign(document.body.dataset, { linkPreviews: "/link-previews/", room: "/rooms/0/" });
const { getLinkedMessage, startLinkedMessages } = await load("chat/linked_messages.js");
const message = (room, seq, text = "Hello") => ({ room, seq, room_name: "hall", author: "Ada", at: "", text });
let requests, redrawn, answer;
let place = 0; // of each test its own: the module keeps what it knows

const ask = async () => {
  mock.timers.tick(50);
  await settled();
  await settled();
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date", "setTimeout"] });
  [requests, redrawn] = [[], []];
  place += 100;
  answer = () => [];
  startLinkedMessages((id) => redrawn.push(id));
  globalThis.fetch = async (url) => {
    const places = new URL(url, "http://127.0.0.1").searchParams.getAll("at");
    requests.push(places);
    return { ok: true, redirected: false, json: async () => answer(places) };
  };
});

test("those that are drawn together are asked for together, and drawn when they are known", async () => {
  answer = () => [message(1, place)];
  assert.equal(getLinkedMessage(`1-${place}`, 7), null);
  assert.equal(getLinkedMessage(`1-${place}`, 8), null);
  assert.equal(getLinkedMessage(`2-${place}`, 9), null);
  await ask();
  assert.deepEqual(requests, [[`1-${place}`, `2-${place}`]]);
  assert.deepEqual(redrawn, [7, 8]);
  assert.equal(getLinkedMessage(`1-${place}`, 7)?.text, "Hello");
  assert.equal(getLinkedMessage(`2-${place}`, 9), null);
  await ask();
  assert.equal(requests.length, 1);
});

test("a request names at most twenty", async () => {
  for (let seq = place; seq < place + 45; seq += 1) getLinkedMessage(`3-${seq}`, 1);
  await ask();
  assert.deepEqual(requests.map(({ length }) => length), [20, 20, 5]);
});

test("after a while they are asked for again, and drawn again only if they changed", async () => {
  answer = () => [message(1, place)];
  getLinkedMessage(`1-${place}`, 7);
  await ask();
  mock.timers.tick(60_001);
  assert.equal(getLinkedMessage(`1-${place}`, 7)?.text, "Hello");
  await ask();
  assert.deepEqual([requests.length, redrawn], [2, [7]]);
  mock.timers.tick(60_001);
  answer = () => [];
  getLinkedMessage(`1-${place}`, 7);
  await ask();
  assert.deepEqual(redrawn, [7, 7]);
  assert.equal(getLinkedMessage(`1-${place}`, 7), null);
});

test("without a network nothing is known, and the next drawing asks again", async () => {
  const offline = () => Promise.reject(new TypeError("offline"));
  const online = globalThis.fetch;
  globalThis.fetch = offline;
  getLinkedMessage(`1-${place}`, 7);
  await ask();
  globalThis.fetch = online;
  getLinkedMessage(`1-${place}`, 7);
  await ask();
  assert.deepEqual(requests, [[`1-${place}`]]);
});
