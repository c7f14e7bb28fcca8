import assert from "node:assert/strict";
import process from "node:process";
import { mock, test } from "node:test";
import { load, openPage } from "./page.js";

process.env.TZ = "Europe/Berlin"; // changes its clocks on 29 March and 25 October 2026
mock.timers.enable({ apis: ["setInterval", "setTimeout"] }); // those of time.js never end
openPage();
const { findMuteEnd, isMuted, isSilent } = await load("chat/room_menu.js");
const end = (span, moment) => new Date(findMuteEnd(span, new Date(moment)) * 1000).toISOString();

test("a mute of an hour is over in an hour", () => {
  assert.equal(end("hour", "2026-11-29T12:00:00Z"), "2026-11-29T13:00:00.000Z");
});

test("a mute until tomorrow is over at 08:00 of the reader's clock, also when clocks change in the night", () => {
  assert.equal(end("tomorrow", "2026-11-29T22:59:00Z"), "2026-11-30T07:00:00.000Z");
  assert.equal(end("tomorrow", "2026-11-29T23:01:00Z"), "2026-12-01T07:00:00.000Z");
  assert.equal(end("tomorrow", "2026-03-28T12:00:00Z"), "2026-03-29T06:00:00.000Z");
  assert.equal(end("tomorrow", "2026-10-24T12:00:00Z"), "2026-10-25T07:00:00.000Z");
});

test("no span ends a mute", () => {
  assert.equal(findMuteEnd(""), 0);
});

test("a mute that is over is none", () => {
  const now = Math.floor(Date.now() / 1000);
  assert.equal(isMuted({ id: 1, muted_until: now - 1 }), false);
  assert.equal(isMuted({ id: 1, muted_until: now + 60 }), true);
  assert.equal(isSilent({ id: 1, level: "nothing" }), true);
  assert.equal(isSilent({ id: 1, level: "all" }), false);
  assert.equal(isSilent(undefined), false);
});
