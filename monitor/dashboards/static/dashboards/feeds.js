// One Feed per dashboard for all parts of this page: the socket has one listener for a stream.
import { Feed } from "./feed.js";

/** @type {Map<string, { feed: Feed, listeners: Set<{ listener: FeedListener }> }>} */
const shared = new Map();

/**
 * Opens with the first listener and closes after the last `end()`. `listener` is as for Feed; for a later one
 * `onLayout` is called soon with the present layout. After `onClosed` there is nothing to end.
 * @param {Socket} socket
 * @param {string} key
 * @param {FeedListener} listener
 */
export function watchFeed(socket, key, listener) {
  const open = shared.get(key);
  const { feed, listeners } = open ?? openFeed(socket, key);
  const entry = { listener }; // the same listener may be passed twice
  listeners.add(entry);
  if (open) queueMicrotask(() => feed.ready && listeners.has(entry) && listener.onLayout(...feed.layoutArguments));
  return { feed, end: () => { if (listeners.delete(entry) && !listeners.size) closeFeed(key, feed); } };
}

/**
 * @param {Socket} socket
 * @param {string} key
 */
function openFeed(socket, key) {
  /** @type {Set<{ listener: FeedListener }>} */
  const listeners = new Set();
  /** @param {(listener: FeedListener) => void} call */
  const notify = (call) => {
    for (const { listener } of [...listeners]) call(listener);
  };
  const onClosed = () => {
    closeFeed(key, feed);
    notify((listener) => listener.onClosed?.());
    listeners.clear();
  };
  const feed = new Feed(socket, key, {
    onLayout: (...layout) => notify((listener) => listener.onLayout(...layout)),
    onTick: (tick) => notify((listener) => listener.onTick(tick)),
    onPinned: () => notify((listener) => listener.onPinned?.()),
    onClosed,
  });
  const entry = { feed, listeners };
  shared.set(key, entry);
  feed.start();
  return entry;
}

/**
 * @param {string} key
 * @param {Feed} feed
 */
function closeFeed(key, feed) {
  feed.stop();
  if (shared.get(key)?.feed === feed) shared.delete(key);
}
