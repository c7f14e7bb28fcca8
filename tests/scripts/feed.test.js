import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { Feed } = await load("dashboards/feed.js");
const makeFeed = () => new Feed(null, "host", { onLayout() {}, onTick() {} });
const column = { source: "host", name: "cpu" };

test("a copy of a feed draws the same as the feed", () => {
  const feed = makeFeed();
  feed.onSnapshot({ layout: 3, columns: [column], panels: [[0]], t: [10, 11, 60, 61], v: [[1, 2, 3, 4]] });
  const again = makeFeed();
  again.onSnapshot(feed.copy());
  assert.deepEqual([again.t, again.v, again.layout], [feed.t, feed.v, feed.layout]);
  assert.deepEqual(again.layoutArguments.slice(0, 3), [3, [column], [[0]]]);
});

test("of very many series only as many values are copied as fit", () => {
  const feed = makeFeed();
  const t = Array.from({ length: 300 }, (_, index) => index);
  const columns = Array.from({ length: 500 }, (_, index) => ({ source: "host", name: `s${index}` }));
  feed.onSnapshot({ layout: 1, columns, panels: [], t, v: columns.map(() => [...t]) });
  const copy = feed.copy();
  assert.deepEqual([copy.t.length, copy.v.length, copy.v[0].length], [40, 500, 40]);
  assert.equal(copy.t.at(-1), 299);
});

test("after a loss of the connection messages may have been pinned meanwhile", () => {
  let asked = 0;
  const feed = new Feed(null, "host", { onLayout() {}, onTick() {}, onPinned: () => { asked += 1; } });
  const snapshot = { layout: 1, columns: [column], panels: [[0]], t: [10], v: [[1]] };
  feed.onSnapshot(snapshot);
  assert.equal(asked, 0, "the page has just read them");
  feed.onSnapshot(snapshot);
  assert.equal(asked, 1);
});
