import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage({ blocks: { "page-strings": { per_second: "{value}/s" } } });
const { format, onAxis, shortNames, steps } = await load("monitor/formats.js");

test("values are written with their unit", () => {
  const cases = [[0.5, "%", "0.5 %"], [1536, "B", "1.5 KiB"], [1536, "B/s", "1.5 KiB/s"], [41, "", "41"],
    [NaN, "B", "–"], [8100, "s", "2 h 15 min"], [-8100, "s", "-2 h 15 min"], [0.25, "s", "250 ms"]];
  for (const [value, unit, text] of cases) assert.equal(format(value, unit), text);
});

test("an axis leaves out what the panel says", () => {
  assert.equal(onAxis(1536, "B/s"), "1.5 KiB");
});

test("series beside each other are named by what differs", () => {
  assert.deepEqual(shortNames(["host.cpu.user", "host.cpu.system"]), ["user", "system"]);
  assert.deepEqual(shortNames(['http{code="200"}', 'http{code="500"}']), ["200", "500"]);
});

test("marks of bytes are powers of two", () => {
  assert.deepEqual(steps("B").slice(0, 3), [1, 2, 4]);
  assert.equal(steps("%"), undefined);
});
