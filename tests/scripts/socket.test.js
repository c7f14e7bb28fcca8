import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeWebSocket, load, openPage, settled } from "./page.js";

openPage();
globalThis.WebSocket = FakeWebSocket;
const { Socket, createSocket } = await load("realtime/socket.js");
let socket;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  FakeWebSocket.opened = [];
  navigator.onLine = true;
  socket = new Socket("ws://127.0.0.1/ws/", 7);
  socket.connect();
});

const lost = async () => {
  FakeWebSocket.last.end();
  await settled();
};

test("the page's own address opens the socket, and names its user", () => {
  assert.equal(createSocket({ user: 7 }).url, "ws://127.0.0.1:8000/ws/?user=7");
  assert.equal(createSocket({ guest: 3 }).user, null);
});

test("a command resolves with its answer", async () => {
  FakeWebSocket.last.greet();
  const sent = socket.send("message.send", { body: "hello" });
  assert.equal(FakeWebSocket.last.sent[0].do, "message.send");
  FakeWebSocket.last.answer({ ok: { seq: 1 } });
  assert.deepEqual(await sent, { seq: 1 });
});

test("a refused command rejects with the server's error", async () => {
  FakeWebSocket.last.greet();
  const sent = socket.send("message.send");
  FakeWebSocket.last.answer({ error: { code: "forbidden", text: "No.", retry: false } });
  await assert.rejects(sent, { code: "forbidden" });
});

test("a command without an answer in time rejects with a timeout", async () => {
  FakeWebSocket.last.greet();
  const sent = socket.send("message.send");
  mock.timers.tick(20_000);
  await assert.rejects(sent, { code: "timeout", retry: true });
});

test("nothing is sent before the server's hello", async () => {
  await assert.rejects(socket.send("message.send"), { code: "offline" });
  assert.deepEqual(FakeWebSocket.last.sent, []);
});

test("a lost connection rejects commands under way with the close code", async () => {
  FakeWebSocket.last.greet();
  const sent = socket.send("message.send");
  FakeWebSocket.last.end(1012);
  await assert.rejects(sent, { code: "offline", closeCode: 1012 });
});

test("a lost connection is opened again", async () => {
  FakeWebSocket.last.greet();
  assert.equal(socket.state, "live");
  await lost();
  assert.equal(socket.state, "connecting");
  mock.timers.tick(400);
  assert.equal(FakeWebSocket.opened.length, 2);
  await lost();
  assert.equal(socket.state, "offline");
  mock.timers.tick(1_000);
  assert.equal(FakeWebSocket.opened.length, 3);
  FakeWebSocket.last.greet();
  assert.equal(socket.state, "live");
  assert.equal(socket.since, null);
});

test("a connection without a hello is given up", () => {
  mock.timers.tick(10_000);
  mock.timers.tick(400);
  assert.equal(FakeWebSocket.opened.length, 2);
});

test("a ping without an answer ends the connection", async () => {
  FakeWebSocket.last.greet();
  const pinged = socket.ping();
  mock.timers.tick(8_000);
  assert.equal(await pinged, false);
  assert.equal(socket.ready, false);
});

test("a ping measures the latency", async () => {
  FakeWebSocket.last.greet();
  const pinged = socket.ping();
  FakeWebSocket.last.answer({ ok: null });
  assert.equal(await pinged, true);
  assert.equal(typeof socket.latency, "number");
});

test("a socket that greets another user stops before anything is sent", () => {
  socket.follow("room.1", { event() {} });
  FakeWebSocket.last.greet(8);
  assert.equal(socket.state, "stopped");
  assert.equal(socket.closeCode, 4102);
  assert.deepEqual(FakeWebSocket.last.sent, []);
});

test("the name of the user who signed in instead is kept", () => {
  FakeWebSocket.last.serve([{ stream: "socket", type: "other_user", data: { name: "Ben" } }]);
  assert.equal(socket.otherUser, "Ben");
  assert.equal(socket.state, "stopped");
});

test("a final close code of the site stops the socket for good", () => {
  FakeWebSocket.last.greet();
  FakeWebSocket.last.end(4101);
  mock.timers.tick(20_000);
  assert.equal(socket.state, "stopped");
  assert.equal(FakeWebSocket.opened.length, 1);
});

test("a busy server is asked again when it says, whatever wakes the page before", async () => {
  FakeWebSocket.last.end(4003, "12.5");
  await settled();
  socket.reconnectNow();
  mock.timers.tick(12_499);
  assert.equal(FakeWebSocket.opened.length, 1);
  mock.timers.tick(1);
  assert.equal(FakeWebSocket.opened.length, 2);
});

for (const reason of ["", "soon", "-5", "Infinity", "1e9"])
  test(`a busy server that says "${reason}" is asked again within a minute`, async () => {
    FakeWebSocket.last.end(4003, reason);
    await settled();
    mock.timers.tick(60_000);
    assert.equal(FakeWebSocket.opened.length, 2);
  });

test("an event of no followed stream is dispatched", () => {
  const events = [];
  socket.addEventListener("event", ({ detail }) => events.push(detail));
  FakeWebSocket.last.greet();
  FakeWebSocket.last.serve([{ stream: "room.9", type: "typing", data: 1 }]);
  assert.deepEqual(events.at(-1), { stream: "room.9", type: "typing", data: 1 });
});
