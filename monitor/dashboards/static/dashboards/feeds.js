// One Feed of a dashboard for all who want it on this page: the socket has one listener for a stream.
import { Feed } from "./feed.js";

const shared = new Map(); // key -> { feed, listeners }

/**
 * Begins with the first who asks and closes after the last `end()`. `listener` is as for Feed; for who comes
 * later, `onLayout` is called soon, with what is there. After `onClosed` there is nothing to end.
 */
export function watchFeed(socket, key, listener) {
  const late = shared.has(key);
  if (!late) openFeed(socket, key);
  const { feed, listeners } = shared.get(key);
  const entry = { listener }; // the same functions may be given twice
  listeners.add(entry);
  if (late) queueMicrotask(() => feed.ready && listeners.has(entry) && listener.onLayout(...feed.layoutArguments));
  return { feed, end: () => { if (listeners.delete(entry) && !listeners.size) closeFeed(key, feed); } };
}

function openFeed(socket, key) {
  const listeners = new Set();
  const call = (name) => (...values) => {
    for (const { listener } of [...listeners]) listener[name]?.(...values);
  };
  const onClosed = () => {
    closeFeed(key, feed);
    call("onClosed")();
    listeners.clear();
  };
  const feed = new Feed(socket, key, {
    onLayout: call("onLayout"),
    onTick: call("onTick"),
    onPinned: call("onPinned"),
    onClosed,
  });
  shared.set(key, { feed, listeners });
  feed.start();
}

function closeFeed(key, feed) {
  feed.stop();
  if (shared.get(key)?.feed === feed) shared.delete(key);
}
