import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load } from "./page.js";

const { Room } = await load("chat/room.js");
const message = (seq, rev = seq, more = {}) => ({ id: 100 + seq, seq, rev, author: 1, client_id: `c${seq}`, ...more });
const messages = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
const seqs = (run) => run.messages.map(({ seq }) => seq);
let room, calls;

beforeEach(() => {
  calls = [];
  room = new Room(1);
  room.listen({ message: (state, isNew) => calls.push([state.seq, isNew]), reset: () => calls.push("reset") });
  room.snapshot({ room: { id: 1, rev: 9, name: "operations" }, members: [{ id: 1, rev: 1, name: "Ada" }],
    messages: messages(11, 20), more: true });
});

const created = (state) => room.apply({ type: "message.created", data: state });

test("a snapshot replaces what was held", () => {
  room.snapshot({ room: { id: 1, rev: 10 }, members: [], messages: messages(30, 31), more: false });
  assert.deepEqual(seqs(room.tail), [30, 31]);
  assert.equal(room.members.size, 0);
  assert.equal(calls.filter((call) => call === "reset").length, 2);
});

test("a new message is put at the end and told as new", () => {
  created(message(21));
  assert.equal(room.tail.last, 21);
  assert.deepEqual(calls.at(-1), [21, true]);
});

test("messages that come out of order stand in order", () => {
  created(message(23));
  created(message(22));
  assert.deepEqual(seqs(room.tail).slice(-3), [20, 22, 23]);
});

test("a younger state replaces an older one, and never the other way round", () => {
  room.apply({ type: "message.updated", data: message(15, 40, { html: "new" }) });
  room.apply({ type: "message.updated", data: message(15, 39, { html: "old" }) });
  assert.equal(room.find(15).html, "new");
  assert.deepEqual(calls.filter((call) => call[0] === 15), [[15, false]]);
});

test("members and the room keep their youngest state", () => {
  room.apply({ type: "member.updated", data: { id: 1, rev: 5, name: "Ada L." } });
  room.apply({ type: "member.updated", data: { id: 1, rev: 4, name: "A." } });
  room.apply({ type: "room.updated", data: { id: 1, rev: 8, name: "old" } });
  assert.equal(room.getMember(1).name, "Ada L.");
  assert.equal(room.state.name, "operations");
  assert.equal(room.getMember(99).name, "?");
});

test("an older page grows the view, with what changed while it was on its way", () => {
  room.apply({ type: "message.updated", data: message(5, 50, { html: "edited" }) });
  assert.equal(room.find(5), null);
  room.addPage({ messages: messages(1, 10), before: false, after: true }, "before");
  assert.equal(room.tail.first, 1);
  assert.equal(room.find(5).html, "edited");
  assert.equal(room.tail.before, false);
});

test("a view further back joins the tail when it reaches it", () => {
  room.showPage({ messages: messages(1, 5), before: false, after: true });
  assert.notEqual(room.view, room.tail);
  room.addPage({ messages: messages(6, 10), before: true, after: true }, "after");
  assert.equal(room.view, room.tail);
  assert.deepEqual(seqs(room.tail), seqs({ messages: messages(1, 20) }));
});

test("a new message does not disturb a view further back", () => {
  room.showPage({ messages: messages(1, 5), before: false, after: true });
  created(message(21));
  assert.deepEqual(seqs(room.view), [1, 2, 3, 4, 5]);
  room.showTail();
  assert.equal(room.view.last, 21);
});

test("a long watch forgets the oldest messages, which can be read again", () => {
  assert.equal(room.trimOldest(20), false);
  assert.equal(room.trimOldest(4), true);
  assert.deepEqual(seqs(room.tail), [17, 18, 19, 20]);
  assert.equal(room.tail.before, true);
});

test("the last message of an author is one that was not deleted", () => {
  room.apply({ type: "message.deleted", data: message(20, 60, { deleted: true }) });
  assert.equal(room.findLastBy(1).seq, 19);
  assert.equal(room.findSent("c12").seq, 12);
});
