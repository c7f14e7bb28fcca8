import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { load, openPage } from "./page.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
openPage();
const { Ranges } = await load("dashboards/ranges.js");
const NOW = 1_800_000_000;
const links = [
  { dataset: { range: "5m", seconds: "300" } },
  { dataset: { range: "1d", seconds: "86400" } },
  { dataset: { range: "2y", seconds: "63072000" } },
];
let place, ranges, entries;

beforeEach(() => {
  globalThis.location = { search: "" };
  entries = [];
  globalThis.history = {
    state: null,
    pushState(state, _, address) {
      entries.push(address);
      this.state = state;
      location.search = address;
    },
    back() { entries.push("back"); },
  };
  place = Object.assign(new EventTarget(), {
    querySelector: () => ({ textContent: "" }),
    querySelectorAll: (selector) => (selector === "[data-seconds]" ? links : []),
    toggleAttribute() {},
  });
  ranges = new Ranges(place, () => NOW, () => {});
});

const shown = () => {
  const { from, to } = ranges.range;
  return [from - NOW, to - NOW];
};

test("without an address the last five minutes are shown", () => {
  assert.deepEqual(ranges.range, { name: "5m", seconds: 300 });
});

test("the address names the range", () => {
  location.search = "?range=1d";
  ranges.readUrl();
  assert.deepEqual(ranges.range, { name: "1d", seconds: 86_400 });
  location.search = `?from=${NOW - 100}&to=${NOW}`;
  ranges.readUrl();
  assert.deepEqual(shown(), [-100, 0]);
});

test("a range that is none is the first one", () => {
  for (const search of ["?range=2w", "?from=9&to=3", "?from=x&to=y"]) {
    location.search = search;
    ranges.readUrl();
    assert.equal(ranges.range.name, "5m");
  }
});

test("a zoom is never shorter than ten seconds nor in the future", () => {
  ranges.zoom(NOW - 4, NOW - 2);
  assert.equal(ranges.range.to - ranges.range.from, 10);
  ranges.zoom(NOW - 100, NOW + 500);
  assert.ok(ranges.range.to <= NOW);
});

test("closer shows half, farther the double", () => {
  ranges.shiftRange("closer");
  assert.deepEqual(shown(), [-225, -75]);
  ranges.shiftRange("farther");
  assert.deepEqual(shown(), [-300, 0]);
});

test("earlier and later move by half, but not past the present", () => {
  ranges.shiftRange("earlier");
  assert.deepEqual(shown(), [-450, -150]);
  ranges.shiftRange("later");
  ranges.shiftRange("later");
  assert.deepEqual(shown(), [-300, 0]);
});

test("back leads out of a zoom, and to the first range where there was none", () => {
  ranges.shiftRange("back");
  assert.equal(entries.at(-1), "?range=5m");
  ranges.zoom(NOW - 100, NOW);
  ranges.shiftRange("back");
  assert.equal(entries.at(-1), "back");
});
