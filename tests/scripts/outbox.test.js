import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installIndexedDB } from "./indexed_db.js";
import { FakeWebSocket, load, openPage, settled } from "./page.js";

openPage({ blocks: { "page-strings": { ended_server: "It ended the connection." } } });
globalThis.WebSocket = FakeWebSocket;
const { Socket } = await load("realtime/socket.js");
const { Outbox, createUuid } = await load("chat/outbox.js");
let socket, outbox;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  FakeWebSocket.opened = [];
  navigator.onLine = true;
  globalThis.fetch = async () => ({ ok: true });
  socket = new Socket("ws://127.0.0.1/ws/", 7);
  outbox = new Outbox(socket, 7);
});

const connect = async () => {
  socket.connect();
  FakeWebSocket.last.greet();
  await settled();
};
const sent = () => FakeWebSocket.last.sent.filter((command) => command.do === "message.send");
const states = () => outbox.items.map(({ state }) => state);
const answer = async (fields) => {
  FakeWebSocket.last.answer(fields);
  await settled();
};

test("a message that is written offline is sent when the server greets", async () => {
  outbox.post(1, "hello");
  await settled();
  assert.deepEqual(states(), ["waiting"]);
  assert.equal(outbox.getWaitingReason(outbox.items[0]), "waiting");
  await connect();
  assert.deepEqual(sent().map(({ room, body }) => [room, body]), [[1, "hello"]]);
  await answer({ ok: { seq: 3, message: 103 } });
  assert.deepEqual(states(), ["sent"]);
});

test("a message of an earlier page is sent though the browser's database opens late", async () => {
  const databases = new Map();
  installIndexedDB(Promise.resolve(), databases);
  new Outbox(new Socket("ws://127.0.0.1/ws/", 7), 7).post(1, "hello");
  await settled();

  let open;
  installIndexedDB(new Promise((resolve) => { open = resolve; }), databases);
  outbox = new Outbox(socket, 7);
  outbox.load();
  mock.timers.tick(3_000);
  await connect();
  assert.deepEqual(sent(), []);
  open();
  await settled();
  delete globalThis.indexedDB;
  assert.deepEqual(sent().map(({ body }) => body), ["hello"]);
});

test("messages are sent strictly in order, one after another", async () => {
  await connect();
  for (const body of ["one", "two", "three"]) outbox.post(1, body);
  await settled();
  assert.deepEqual(sent().map(({ body }) => body), ["one"]);
  await answer({ ok: { seq: 1, message: 101 } });
  await answer({ ok: { seq: 2, message: 102 } });
  assert.deepEqual(sent().map(({ body }) => body), ["one", "two", "three"]);
});

test("a message without an answer is sent again under the same client id", async () => {
  await connect();
  outbox.post(1, "hello");
  await settled();
  const [{ client_id: first }] = sent();
  FakeWebSocket.last.end();
  await settled();
  mock.timers.tick(400);
  FakeWebSocket.last.greet();
  await settled();
  assert.equal(FakeWebSocket.last.sent.at(-1).do, "ping");
  await answer({ ok: null });
  assert.equal(sent()[0].client_id, first);
});

test("a message that ended two connections while HTTP went on is given up", async () => {
  await connect();
  outbox.post(1, "hello");
  await settled();
  FakeWebSocket.last.end();
  await settled();
  mock.timers.tick(400);
  FakeWebSocket.last.greet();
  await settled();
  await answer({ ok: null });
  FakeWebSocket.last.end();
  await settled();
  assert.deepEqual(states(), ["failed"]);
  assert.equal(outbox.items[0].text, "It ended the connection.");
});

test("a network that is gone is no fault of the message", async () => {
  globalThis.fetch = async () => { throw new TypeError("network"); };
  await connect();
  outbox.post(1, "hello");
  await settled();
  navigator.onLine = false;
  FakeWebSocket.last.end();
  await settled();
  assert.deepEqual([states()[0], outbox.items[0].tries], ["waiting", 0]);
});

test("a refused message fails with the server's text, and can be sent again", async () => {
  const refused = [];
  outbox.addEventListener("refused", ({ detail }) => refused.push(detail.text));
  await connect();
  const { client_id } = outbox.post(1, "hello");
  await settled();
  await answer({ error: { code: "forbidden", text: "Archived.", retry: false } });
  assert.deepEqual([states(), refused], [["failed"], ["Archived."]]);
  outbox.retry(client_id);
  await settled();
  assert.deepEqual(states(), ["sending"]);
});

test("a rate limit keeps the order and waits as long as the server says", async () => {
  await connect();
  outbox.post(1, "one");
  outbox.post(1, "two");
  await settled();
  await answer({ error: { code: "rate", text: "", retry: true, wait: 4 } });
  assert.equal(outbox.getWaitingReason(outbox.items[0]), "waiting_turn");
  mock.timers.tick(3_900);
  await settled();
  assert.equal(sent().length, 1);
  mock.timers.tick(200);
  await settled();
  assert.deepEqual(sent().map(({ body }) => body), ["one", "one"]);
});

test("the text of an unsent message can be changed, that of a sent one cannot", async () => {
  const item = outbox.post(1, "helo");
  assert.equal(outbox.changeBody(item, "hello"), true);
  await connect();
  assert.equal(sent()[0].body, "hello");
  assert.equal(outbox.changeBody(item, "hi"), false);
});

test("a dropped message is not sent", async () => {
  const { client_id } = outbox.post(1, "hello");
  outbox.remove(client_id);
  await connect();
  assert.deepEqual([sent(), outbox.items], [[], []]);
});

test("a message's number is known when it is stored", async () => {
  await connect();
  const { client_id } = outbox.post(1, "hello");
  await settled();
  const number = outbox.waitUntilSent(client_id);
  await answer({ ok: { seq: 3, message: 103 } });
  assert.equal(await number, 103);
  assert.equal(await outbox.waitUntilSent("unknown"), null);
});

test("client ids are UUIDs of version 4", () => {
  assert.match(createUuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
