import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { load, openPage } from "./page.js";

openPage({ blocks: { "page-me": { id: 7, rooms: [] } } });
const { ReadTracker } = await load("chat/read_tracker.js");

test("a focus before the first room is shown asks for no rows", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  document.hasFocus = () => true;
  const timeline = Object.assign(new EventTarget(), { room: null, root: { isConnected: true } });
  Object.defineProperty(timeline, "lastSeen", { get: () => assert.fail("there are no rows yet") });
  const tracker = new ReadTracker(new EventTarget(), timeline, { getLine: () => null });
  dispatchEvent(new Event("focus"));
  mock.timers.tick(2_000);
  assert.equal(tracker.concernsMe(), false);
});
