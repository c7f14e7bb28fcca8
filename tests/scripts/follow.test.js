import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeWebSocket, load, openPage, settled } from "./page.js";

openPage();
globalThis.WebSocket = FakeWebSocket;
const { Socket } = await load("realtime/socket.js");
let socket, calls, listener;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  FakeWebSocket.opened = [];
  calls = [];
  listener = {
    snapshot: (data) => calls.push(["snapshot", data]),
    event: ({ rev }) => calls.push(["event", rev]),
    refused: ({ code }) => calls.push(["refused", code]),
    caughtUp: () => calls.push(["caught up"]),
  };
  socket = new Socket("ws://127.0.0.1/ws/", 7);
  socket.connect();
  FakeWebSocket.last.greet();
});

const event = (rev, after) => ({ stream: "room.1", type: "message.created", rev, after, data: {} });
const serve = (...events) => FakeWebSocket.last.serve(events);
async function answer(ok) {
  FakeWebSocket.last.answer({ ok });
  await settled();
}
async function follow(options = { log: true }) {
  const followed = socket.follow("room.1", listener, options);
  assert.equal(socket.state, "catching-up");
  await answer({ head: 5, epoch: "a", recovered: false, snapshot: "all" });
  return followed;
}
const subscribes = () => FakeWebSocket.last.sent.filter((command) => command.do === "subscribe");

test("a follower gets a snapshot, then events in order", async () => {
  await follow();
  serve(event(6), event(7));
  assert.deepEqual(calls, [["snapshot", "all"], ["caught up"], ["event", 6], ["event", 7]]);
  assert.equal(socket.state, "live");
});

test("events that arrive before the answer are applied after it, those it holds are left out", async () => {
  socket.follow("room.1", listener, { log: true });
  serve(event(5), event(6));
  assert.deepEqual(calls, []);
  await answer({ head: 5, epoch: "a", recovered: false, snapshot: "all" });
  assert.deepEqual(calls, [["snapshot", "all"], ["event", 6], ["caught up"]]);
});

test("an event is applied once", async () => {
  await follow();
  serve(event(6), event(6), event(4));
  assert.deepEqual(calls.slice(2), [["event", 6]]);
});

test("a gap makes it subscribe again from the last rev it holds", async () => {
  const followed = await follow();
  serve(event(8));
  assert.deepEqual(calls.slice(2), []);
  assert.deepEqual([subscribes().at(-1).after, subscribes().at(-1).epoch], [5, "a"]);
  await answer({ head: 7, epoch: "a", recovered: true, events: [event(6), event(7)] });
  assert.deepEqual(calls.slice(2), [["event", 6], ["event", 7], ["event", 8], ["caught up"]]);
  assert.equal(followed.rev, 8);
});

test("an event may span several revs", async () => {
  await follow();
  serve(event(9, 5), event(12, 10));
  assert.deepEqual(calls.slice(2), [["event", 9]]);
  assert.equal(subscribes().at(-1).after, 9);
});

test("a head of the server that is ahead makes it subscribe again", async () => {
  await follow();
  serve({ stream: "socket", type: "heads", data: { "room.1": 5 } });
  assert.equal(subscribes().length, 1);
  serve({ stream: "socket", type: "heads", data: { "room.1": 6 } });
  assert.equal(subscribes().length, 2);
});

test("a new connection resumes after the last rev", async () => {
  await follow();
  FakeWebSocket.last.end();
  mock.timers.tick(400);
  FakeWebSocket.last.greet();
  assert.deepEqual(subscribes().map(({ after, epoch }) => [after, epoch]), [[5, "a"]]);
});

test("a stream without a log is never resumed, and every event counts", async () => {
  await follow({});
  serve(event(), event());
  assert.equal(calls.length, 4);
  FakeWebSocket.last.end();
  mock.timers.tick(400);
  FakeWebSocket.last.greet();
  assert.equal("after" in subscribes()[0], false);
});

test("a refused subscription is told and forgotten", async () => {
  const followed = socket.follow("room.1", listener, { log: true });
  FakeWebSocket.last.answer({ error: { code: "not_found", text: "", retry: false } });
  await settled();
  assert.deepEqual(calls, [["refused", "not_found"]]);
  assert.equal(followed.closed, true);
  assert.equal(socket.follows.size, 0);
  assert.equal(socket.state, "live");
});

test("a server that is busy is asked again later", async () => {
  socket.follow("room.1", listener, { log: true });
  FakeWebSocket.last.answer({ error: { code: "busy", text: "", retry: true, wait: 2 } });
  await settled();
  assert.equal(subscribes().length, 1);
  mock.timers.tick(4_000);
  assert.equal(subscribes().length, 2);
});

test("an answer to an earlier request is left out", async () => {
  const followed = socket.follow("room.1", listener, { log: true });
  const first = FakeWebSocket.last.sent.at(-1).id;
  followed.subscribe();
  FakeWebSocket.last.serve({ re: first, ok: { head: 1, epoch: "a", recovered: false, snapshot: "old" } });
  await settled();
  assert.deepEqual(calls, []);
  await answer({ head: 5, epoch: "a", recovered: false, snapshot: "new" });
  assert.deepEqual(calls, [["snapshot", "new"], ["caught up"]]);
});

test("a closed follower hears no more", async () => {
  const followed = await follow();
  followed.close();
  serve(event(6));
  assert.equal(calls.length, 2);
  assert.equal(FakeWebSocket.last.sent.at(-1).do, "unsubscribe");
});
