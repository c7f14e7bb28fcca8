import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage, settled } from "./page.js";

openPage();
const { RoleMentions } = await load("chat/role_mentions.js");
const oncall = { word: "oncall", label: "On call", users: [3] };
let sent, roles, changes;
const socket = { ready: true, send: (verb, fields) => { sent.push([verb, fields]); return answer(); } };
let answer;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"] });
  [sent, changes] = [[], 0];
  answer = async () => ({ roles: [oncall] });
  roles = new RoleMentions(socket);
  roles.addEventListener("change", () => { changes += 1; });
  roles.setRoom(1);
});

test("they are read when they are looked for, and again only after a while", async () => {
  assert.deepEqual(roles.list(), []);
  await settled();
  assert.deepEqual(roles.list(), [oncall]);
  assert.deepEqual(sent, [["room.roles", { room: 1 }]]);
  mock.timers.tick(15_001);
  roles.list();
  await settled();
  assert.deepEqual([sent.length, changes], [2, 1]);
});

test("an answer about a room that was left is not kept", async () => {
  roles.list();
  roles.setRoom(2);
  await settled();
  assert.deepEqual([roles.known, changes], [[], 0]);
});

test("without an answer there are none", async () => {
  answer = async () => { throw { code: "offline" }; };
  assert.deepEqual(roles.list(), []);
  await settled();
  assert.deepEqual([roles.known, changes], [[], 0]);
});
