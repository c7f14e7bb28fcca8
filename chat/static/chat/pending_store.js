// Pending messages in IndexedDB. Where the browser has none, or it does not answer, they live as long as the page.
import { Database, onResult } from "../myweb/database.js";

export class PendingStore {
  constructor() {
    this.database = new Database("myweb", "outbox", "client_id");
  }

  /** Whether messages outlive the page. */
  get isPersistent() { return this.database.isPersistent; }

  /** However long it takes: what was kept by an earlier page is sent late rather than never. */
  readAll() { return this.database.runToEnd("readonly", (store, done) => onResult(store.getAll(), done)); }

  /**
   * The page may be closed at once: the transaction ends without waiting for its answer.
   * @param {any} item
   */
  write(item) {
    return this.database.run("readwrite", (store, done) => {
      onResult(store.put({ ...item }), done);
      store.transaction.commit();
    });
  }

  /** @param {string} clientId */
  erase(clientId) { return this.database.run("readwrite", (store, done) => onResult(store.delete(clientId), done)); }

  /**
   * Counts a try before it is made, together with those of other tabs. Resolves with the item as it is stored now.
   * @param {any} item
   */
  countTry(item) {
    return this.database.run("readwrite", (store, done) => {
      onResult(store.get(item.client_id), (stored) => {
        if (stored?.state === "failed" && stored.at === item.at) return done(stored);
        const counted = { ...item, tries: Math.max(stored?.tries ?? 0, item.tries) + 1, pending: true, tried: true };
        onResult(store.put(counted), () => done(counted));
      });
    });
  }
}
