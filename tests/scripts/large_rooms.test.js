import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage, settled } from "./page.js";

openPage();
const { Room } = await load("chat/room.js");
const { Presence } = await load("chat/presence.js");
const { MemberLookup } = await load("chat/completion.js");
const member = (id, rev = id, more = {}) => ({ id, rev, name: `User ${id}`, handle: `user${id}`, ...more });
const message = (seq, author) => ({ id: 100 + seq, seq, rev: seq, author, client_id: `c${seq}` });
let room, seen, sent, answer;
const socket = {
  ready: true,
  send: (verb, fields) => { sent.push({ verb, ...fields }); return answer(fields); },
  follow(stream, listener) { this.listener = listener; return { close() {} }; },
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [seen, sent] = [[], []];
  socket.ready = true;
  answer = async () => ({ members: [] });
  room = new Room(1);
  room.snapshot({ room: { id: 1, rev: 9, large: true }, members: [member(1)], messages: [message(1, 1)], more: true });
  room.listen({ member: ({ id }) => seen.push(id), message: ({ author }) => seen.push(room.getMember(author).name) });
});

test("who wrote a message is known before it is drawn", () => {
  room.apply({ type: "message.created", data: message(2, 7), included: [member(7)] });
  assert.deepEqual(seen, ["User 7"]);
});

test("who comes along is no change, unless they were known otherwise", () => {
  room.addMembers([member(7), member(1, 30, { name: "Renamed" })]);
  assert.deepEqual(seen, [1]);
  room.addMembers([member(1, 20), member(7)]);
  assert.equal(room.getMember(1).name, "Renamed");
  assert.deepEqual(seen, [1]);
  room.addMembers();
});

test("older messages bring along whom they name", () => {
  room.addPage({ messages: [message(0, 8)], members: [member(8)], before: false, after: true }, "before");
  assert.equal(room.getMember(8).name, "User 8");
  room.showPage({ messages: [message(0, 9)], members: [member(9)], before: false, after: true });
  assert.equal(room.getMember(9).name, "User 9");
});

test("nobody is alone in a large room, however few are known", () => {
  assert.equal(room.isLonely, false);
  room.state = { ...room.state, large: false };
  assert.equal(room.isLonely, true);
});

test("above two hundred nobody is listed as online, and at two hundred all are again", () => {
  const presence = new Presence(socket);
  const named = [];
  presence.addEventListener("presence", ({ detail }) => named.push(detail.members?.length));
  presence.followRooms(new Set([1]));
  const { listener } = socket;
  const event = (data, included) => listener.event({ type: "presence", data, included });
  listener.snapshot({ count: 2, here: [1, 2], members: [member(1), member(2)] });
  event({ count: 3, joined: [3] }, [member(3)]);
  assert.deepEqual([...presence.getState(1).here], [1, 2, 3]);
  event({ count: 201 });
  assert.deepEqual([...presence.getState(1).here], []);
  event({ count: 2, joined: [2, 3] });
  assert.deepEqual([...presence.getState(1).here], [2, 3]);
  assert.deepEqual(named, [2, 1, undefined, undefined]);
});

const typeInto = async (lookup, ...texts) => {
  for (const text of texts) lookup.askSoon(text);
  mock.timers.tick(150);
  await settled();
};

test("a word that is typed quickly is one request, in a large room", async () => {
  const lookup = new MemberLookup(socket, () => room);
  let changes = 0;
  lookup.addEventListener("change", () => { changes += 1; });
  answer = async () => ({ members: [member(5)], after: "more" });
  await typeInto(lookup, "", "u", "us", "use");
  assert.deepEqual(sent, [{ verb: "room.members", room: 1, text: "use", limit: 8 }]);
  assert.equal(room.getMember(5).name, "User 5");
  assert.equal(changes, 1);
  await typeInto(lookup, "use");
  assert.equal(sent.length, 1);
});

test("what begins like something that was answered in full is not asked for", async () => {
  const lookup = new MemberLookup(socket, () => room);
  await typeInto(lookup, "Us");
  await typeInto(lookup, "user");
  assert.deepEqual(sent.map(({ text }) => text), ["us"]);
  await typeInto(lookup, "x");
  assert.equal(sent.length, 2);
});

test("what failed is asked again, and a small room or a lost connection asks nothing", async () => {
  const lookup = new MemberLookup(socket, () => room);
  answer = async () => { throw { code: "too_fast" }; };
  await typeInto(lookup, "us");
  await typeInto(lookup, "us");
  assert.equal(sent.length, 2);
  socket.ready = false;
  await typeInto(lookup, "z");
  socket.ready = true;
  room.state = { ...room.state, large: false };
  await typeInto(lookup, "z");
  assert.equal(sent.length, 2);
});

test("another room begins anew, and the answer of the one that was left changes nothing", async () => {
  let shown = room;
  const lookup = new MemberLookup(socket, () => shown);
  await typeInto(lookup, "us");
  shown = new Room(2);
  shown.state = { ...shown.state, large: true };
  let changes = 0;
  lookup.addEventListener("change", () => { changes += 1; });
  const asked = lookup.ask(room, "late");
  await typeInto(lookup, "us");
  await asked;
  assert.deepEqual(sent.map(({ room: id, text }) => [id, text]), [[1, "us"], [1, "late"], [2, "us"]]);
  assert.equal(changes, 1);
});
