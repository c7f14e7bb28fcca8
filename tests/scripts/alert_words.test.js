import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { load, openPage } from "./page.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
openPage({
  blocks: {
    "alert-strings": {
      above: "above {value}",
      and_more: "and {count} more",
      down: "{name} is down for {span}",
      down_now: "{name} is down",
      no_value: "no value",
      wrong: "{name} is {value}, {limit} for {span}",
      wrong_now: "{name} is {value}, {limit}",
    },
    "page-strings": { unit_s: "{count} s", unit_min: "{count} min" },
  },
});
const { describeAlert } = await load("alerts/alert_words.js");
const at = 1_000_000;

/** @param {Record<string, any>} line */
const describe = (line, more = {}) =>
  describeAlert({ lines: [{ since: at - 120, ...line }], picture: { comparison: ">", threshold: 10, at }, ...more });

test("an alert says what is wrong and for how long", () => {
  assert.equal(describe({ name: "host queue", value: 12 }), "host queue is 12, above 10 for 2 min");
  assert.equal(describe({ name: "checks.shop up", value: 0 }), "checks.shop is down for 2 min");
});

test("what has just begun is said without 0 s", () => {
  assert.equal(describe({ name: "host queue", value: 12, since: at }), "host queue is 12, above 10");
  assert.equal(describe({ name: "host queue", value: 12, since: at + 3 }), "host queue is 12, above 10");
  assert.equal(describe({ name: "checks.shop up", value: 0, since: at }), "checks.shop is down");
});

test("the others that fire are counted until it ends", () => {
  const line = { name: "host queue", value: 12, since: at };
  assert.equal(describe(line, { firing: 3 }), "host queue is 12, above 10; and 2 more");
  assert.equal(describe(line, { firing: 3, ended: at + 120 }), "host queue is 12, above 10 for 2 min");
});
