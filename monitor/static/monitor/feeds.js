// One Feed of a dashboard for all who want it on this page: the socket has one listener for a stream.
import { Feed } from "./feed.js";

const shared = new Map(); // key -> { feed, listeners }

/**
 * Begins with the first who asks and closes after the last `end()`. `listener` is as for Feed; for who comes
 * later, `begun` is called soon, with what is there. After `gone` there is nothing to end.
 */
export function watch(socket, key, listener) {
  const late = shared.has(key);
  if (!late) open(socket, key);
  const { feed, listeners } = shared.get(key);
  const entry = { listener }; // the same functions may be given twice
  listeners.add(entry);
  if (late) queueMicrotask(() => feed.ready && listeners.has(entry) && listener.begun(...feed.begun));
  return { feed, end: () => { if (listeners.delete(entry) && !listeners.size) close(key, feed); } };
}

function open(socket, key) {
  const listeners = new Set();
  const tell = (what) => (...said) => { for (const { listener } of [...listeners]) listener[what]?.(...said); };
  const gone = () => {
    close(key, feed);
    tell("gone")();
    listeners.clear();
  };
  const feed = new Feed(socket, key, { begun: tell("begun"), came: tell("came"), pinned: tell("pinned"), gone });
  shared.set(key, { feed, listeners });
  feed.start();
}

function close(key, feed) {
  feed.end();
  if (shared.get(key)?.feed === feed) shared.delete(key);
}
