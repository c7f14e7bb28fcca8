import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage, settled } from "./page.js";

openPage({ blocks: { "page-me": { id: 7 } } });
document.body.dataset.deleteMessage = "/messages/0/delete/";
const { Deletions, isBeingDeleted } = await load("chat/deletions.js");
const { UNDO_TIME } = await load("myweb/toast.js");
const { local } = await load("chat/storage.js");
const KEPT = "deletions:7";
const offline = { code: "offline", text: "", retry: true };
let sent, fetched, answer;

/** A page with its own connection; `answer` is what the server says. */
function openDeletions() {
  const socket = Object.assign(new EventTarget(), {
    send: async (_verb, { message }) => {
      sent.push(message);
      if (answer) throw answer;
    },
  });
  return new Deletions(socket);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  local.remove(KEPT);
  [sent, fetched, answer] = [[], [], null];
  globalThis.fetch = async (url, options) => {
    fetched.push([url, options.keepalive]);
    return { ok: true, json: async () => ({}) };
  };
});

const pass = async (time = UNDO_TIME) => {
  mock.timers.tick(time);
  await settled();
};

test("a message is gone at once, and deleted when Undo is over", async () => {
  const deletions = openDeletions();
  deletions.schedule(3);
  await pass(UNDO_TIME - 1);
  assert.deepEqual([isBeingDeleted(3), sent], [true, []]);
  await pass(1);
  assert.deepEqual([isBeingDeleted(3), sent, local.get(KEPT)], [true, [3], null]);
});

test("Undo brings the message back, and nothing is sent", async () => {
  const deletions = openDeletions();
  deletions.schedule(3);
  deletions.undo();
  await pass();
  dispatchEvent(new Event("pagehide"));
  assert.deepEqual([isBeingDeleted(3), sent, fetched, local.get(KEPT)], [false, [], [], null]);
});

test("a second deletion ends the Undo of the first", async () => {
  const deletions = openDeletions();
  deletions.schedule(3);
  deletions.schedule(4);
  await settled();
  assert.deepEqual(sent, [3]);
  deletions.undo();
  await pass();
  assert.deepEqual([sent, isBeingDeleted(3), isBeingDeleted(4)], [[3], true, false]);
});

test("a page that goes sends the deletion itself, once, and the next page checks it", async () => {
  openDeletions().schedule(3);
  dispatchEvent(new Event("pagehide"));
  dispatchEvent(new Event("pagehide"));
  assert.deepEqual(fetched, [["/messages/3/delete/", true]]);
  answer = { code: "not_found", text: "", retry: false };
  openDeletions();
  await pass();
  assert.deepEqual([sent, isBeingDeleted(3), local.get(KEPT)], [[3], true, null]);
});

test("without a connection it waits for the next one", async () => {
  answer = offline;
  const deletions = openDeletions();
  deletions.schedule(3);
  await pass();
  assert.deepEqual(JSON.parse(local.get(KEPT)).map(([id]) => id), [3]);
  answer = null;
  deletions.socket.dispatchEvent(new Event("ready"));
  await settled();
  assert.deepEqual([sent, local.get(KEPT)], [[3, 3], null]);
});

test("another tab leaves a deletion alone while it can be undone", async () => {
  const deletions = openDeletions();
  deletions.schedule(3);
  openDeletions().socket.dispatchEvent(new Event("ready"));
  await settled();
  assert.deepEqual(sent, []);
  deletions.undo();
  await pass();
  assert.deepEqual(sent, []);
});

test("a refused deletion brings the message back and says why", async () => {
  const deletions = openDeletions();
  let refused = null;
  deletions.addEventListener("refused", ({ detail }) => { refused = detail.text; });
  answer = { code: "forbidden", text: "This room is archived.", retry: false };
  deletions.schedule(3);
  await pass();
  assert.deepEqual([isBeingDeleted(3), refused, local.get(KEPT)], [false, "This room is archived.", null]);
});
