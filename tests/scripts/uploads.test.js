import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { installIndexedDB } from "./indexed_db.js";
import { FakeWebSocket, load, openPage, settled } from "./page.js";
import { TusServer } from "./tus_server.js";

const TEXTS = { file_lost: "It is gone.", file_unreadable: "Not readable.", file_refused: "Refused." };
openPage({ blocks: { "page-strings": TEXTS } });
Object.assign(document.body.dataset, { uploads: "/files/uploads/", files: "/files/" });
globalThis.WebSocket = FakeWebSocket;
const { Socket } = await load("realtime/socket.js");
const { Outbox } = await load("chat/outbox.js");
const { Uploads } = await load("chat/uploads.js");
const { splitName } = await load("chat/file_parts.js");

const MIB = 1024 * 1024;
let server, databases, socket, uploads, outbox;

/** A page of the same browser and, unless said, of the same tab. */
function openTab({ tab = "one" } = {}) {
  sessionStorage.setItem("tab", tab);
  FakeWebSocket.opened = [];
  socket = new Socket("ws://127.0.0.1/ws/", 7);
  uploads = new Uploads(7);
  outbox = new Outbox(socket, 7, uploads);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  navigator.locks = undefined;
  navigator.onLine = true;
  databases = new Map();
  installIndexedDB(Promise.resolve(), databases);
  server = new TusServer();
  server.install();
  openTab();
});

const makeFile = (size, name = "data.bin") => new File([new Uint8Array(size).map((_, index) => index % 251)], name);
const stored = () => [...server.uploads.values()];
async function idle() { for (let turn = 0; turn < 60; turn += 1) await settled(); }
const later = async (ms) => { mock.timers.tick(ms); await idle(); };
const sent = () => FakeWebSocket.last.sent.filter((command) => command.do === "message.send");
const pick = ({ id, name, size }) => ({ id, name, size });
async function connect() {
  socket.connect();
  FakeWebSocket.last.greet();
  await idle();
}
async function answer(fields) {
  FakeWebSocket.last.answer(fields);
  await idle();
}

test("a file is uploaded in pieces of 8 MiB, with its name and room", async () => {
  const file = makeFile(17 * MIB, "张伟 “quoted”.bin");
  const upload = uploads.add(3, file);
  await idle();
  assert.deepEqual(server.methods(), ["POST", "PATCH", "PATCH", "PATCH"]);
  assert.deepEqual(stored()[0].metadata, { name: "张伟 “quoted”.bin", room: "3" });
  assert.ok(stored()[0].bytes.equals(Buffer.from(await file.arrayBuffer())));
  assert.deepEqual([upload.state, upload.sent, upload.serverId], ["done", 17 * MIB, "1"]);
});

test("after a cut in the middle of a piece the upload goes on from what the server has", async () => {
  server.cutAt = 3 * MIB;
  const file = makeFile(10 * MIB);
  const upload = uploads.add(1, file);
  await idle();
  assert.equal(upload.state, "waiting");
  await later(2_000);
  assert.deepEqual(server.methods(), ["POST", "PATCH", "HEAD", "PATCH"]);
  assert.ok(stored()[0].bytes.equals(Buffer.from(await file.arrayBuffer())));
  assert.equal(upload.state, "done");
});

test("an upload that waits goes on at once when the network is back", async () => {
  server.problems = [0];
  const upload = uploads.add(1, makeFile(10));
  await idle();
  assert.equal(upload.state, "waiting");
  dispatchEvent(new Event("online"));
  await idle();
  assert.equal(upload.state, "done");
});

test("a busy server is asked again, one that refuses is not", async () => {
  server.problems = [503, 429, 413];
  const upload = uploads.add(1, makeFile(10));
  await idle();
  for (const pause of [2_000, 5_000]) await later(pause);
  assert.deepEqual([upload.state, upload.text, server.requests.length], ["failed", "Too large.", 3]);
  await later(60_000);
  assert.equal(server.requests.length, 3);
  uploads.retry(upload.id);
  await idle();
  assert.equal(upload.state, "done");
});

test("an upload that the server has forgotten begins anew", async () => {
  server.cutAt = 2;
  const upload = uploads.add(1, makeFile(10));
  await idle();
  server.uploads.clear();
  await later(2_000);
  assert.deepEqual([upload.state, stored().length, stored()[0].bytes.length], ["done", 1, 10]);
});

test("a picture begins anew when it is to be sent as it is, also in the middle and after a reload", async () => {
  const upload = uploads.add(3, makeFile(10, "plan.png"));
  await idle();
  uploads.toggleAsIs(upload.id);
  await idle();
  assert.deepEqual([upload.state, stored().map(({ metadata }) => metadata.as_is)], ["done", ["yes"]]);
  server.isHolding = true;
  uploads.toggleAsIs(upload.id);
  await idle();
  uploads.toggleAsIs(upload.id);
  server.release();
  await idle();
  assert.deepEqual([upload.state, stored().map(({ metadata }) => metadata.as_is)], ["done", ["yes"]]);
  openTab();
  await outbox.load();
  assert.equal(uploads.get(upload.id).record.asIs, true);
});

test("a file that was deleted meanwhile fails with a reason", async () => {
  const file = makeFile(10);
  file.slice = () => ({ size: 10, arrayBuffer: () => Promise.reject(new Error("gone")) });
  server.problems = [undefined, 0];
  const upload = uploads.add(1, file);
  await idle();
  assert.deepEqual([upload.state, upload.text], ["failed", "Not readable."]);
});

test("after a reload the rest is uploaded, and the message is sent once", async () => {
  server.isHolding = true;
  const file = makeFile(20, "kept.bin");
  const { id } = uploads.add(1, file);
  await idle();
  outbox.post(1, "look", null, [pick(uploads.get(id))]);
  await idle();
  assert.equal(stored()[0].bytes.length, 0);
  server.isHolding = false;
  openTab();
  await connect();
  assert.deepEqual(await outbox.load(), []);
  await idle();
  assert.equal(stored().length, 1);
  assert.deepEqual(sent().map(({ body, files }) => [body, files]), [["look", ["1"]]]);
  await answer({ ok: { seq: 1, message: 101 } });
  outbox.remove(outbox.items[0].client_id);
  await idle();
  assert.deepEqual([...databases.get("myweb-files").records], []);
});

test("files that were not sent come back to the box of their tab alone", async () => {
  const { id } = uploads.add(4, makeFile(20));
  await idle();
  openTab({ tab: "two" });
  assert.deepEqual(await outbox.load(), []);
  openTab({ tab: "one" });
  assert.deepEqual((await outbox.load()).map((upload) => [upload.id, upload.record.room]), [[id, 4]]);
});

test("a message waits for its files and those behind it in the room for it, other rooms do not", async () => {
  server.isHolding = true;
  await connect();
  const upload = uploads.add(1, makeFile(20));
  await idle();
  outbox.post(1, "", null, [pick(upload)]);
  outbox.post(1, "behind");
  outbox.post(2, "elsewhere");
  await idle();
  assert.deepEqual(sent().map(({ body }) => body), ["elsewhere"]);
  await answer({ ok: { seq: 1, message: 101 } });
  assert.deepEqual(outbox.items.slice(0, 2).map((item) => outbox.getWaitingReason(item)),
    ["waiting_files", "waiting_earlier"]);
  server.release();
  await idle();
  await answer({ ok: { seq: 2, message: 102 } });
  assert.deepEqual(sent().map(({ body, files }) => [body, files]),
    [["elsewhere", undefined], ["", ["1"]], ["behind", undefined]]);
});

test("a refused file fails its message, lets others by, and both go at another try", async () => {
  server.problems = [413];
  await connect();
  const refused = [];
  outbox.addEventListener("refused", ({ detail }) => refused.push(detail.text));
  const upload = uploads.add(1, makeFile(20, "huge.bin"));
  const { client_id } = outbox.post(1, "look", null, [pick(upload)]);
  outbox.post(1, "behind");
  await idle();
  assert.deepEqual([outbox.items[0].state, refused], ["failed", ["huge.bin: Too large."]]);
  assert.deepEqual(sent().map(({ body }) => body), ["behind"]);
  await answer({ ok: { seq: 1, message: 101 } });
  outbox.retryFile(client_id, upload.id);
  await idle();
  assert.deepEqual(sent().map(({ body }) => body), ["behind", "look"]);
});

test("a file can be taken out of a message that waits, and the last one takes an empty message along", async () => {
  server.isHolding = true;
  const [one, other] = [uploads.add(1, makeFile(20)), uploads.add(1, makeFile(30))];
  await idle();
  const { client_id } = outbox.post(1, "", null, [pick(one), pick(other)]);
  outbox.discardFile(client_id, one.id);
  await idle();
  assert.deepEqual([stored().length, outbox.items[0].files.map(({ id }) => id)], [1, [other.id]]);
  outbox.discardFile(client_id, other.id);
  await idle();
  assert.deepEqual([stored().length, outbox.items], [0, []]);
});

test("a message whose file this browser has lost says so", async () => {
  const upload = uploads.add(1, makeFile(20));
  outbox.post(1, "look", null, [pick(upload)]);
  await idle();
  databases.get("myweb-files").records.clear();
  openTab();
  await outbox.load();
  await idle();
  assert.deepEqual([outbox.items[0].state, outbox.items[0].text], ["failed", "data.bin: It is gone."]);
});

test("a tab that waited for another one does not send what that one has sent", async () => {
  server.isHolding = true;
  const upload = uploads.add(1, makeFile(20));
  await idle();
  outbox.post(1, "look", null, [pick(upload)]);
  await idle();
  let unlock;
  navigator.locks = { request: async (_name, work) => { await new Promise((go) => { unlock = go; }); return work(); } };
  openTab({ tab: "two" });
  await outbox.load();
  await idle();
  assert.equal(outbox.items.length, 1);
  databases.get("myweb-files").records.clear(); // the first tab is done
  unlock();
  await idle();
  assert.deepEqual([outbox.items, stored().length], [[], 1]);
});

test("a name loses its middle and keeps its ending", () => {
  assert.deepEqual(splitName("slow-queries-2026-11-28.csv"), ["slow-queries-2026-", "11-28.csv"]);
  assert.deepEqual(splitName("a.txt"), ["", "a.txt"]);
  assert.deepEqual(splitName("没有扩展名的文件"), ["没有扩", "展名的文件"]);
  assert.equal(splitName("photo\u202Egpj.exe").join(""), "photo gpj.exe");
});
