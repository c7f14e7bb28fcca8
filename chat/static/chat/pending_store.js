// Pending messages in IndexedDB. Where the browser has none, or it does not answer, they live as long as the page.

const TIMEOUT = 2_000; // ms

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("myweb", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("outbox", { keyPath: "client_id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

/**
 * What `work` resolves with; null if it fails or takes too long: no message waits for a disk.
 * @template T
 * @param {Promise<T>} work
 * @returns {Promise<T | null>}
 */
function attempt(work) {
  const late = new Promise((resolve) => setTimeout(resolve, TIMEOUT, null));
  return Promise.race([work.catch(() => null), late]);
}

export class PendingStore {
  constructor() {
    this.database = attempt(openDatabase());
  }

  /** Whether messages outlive the page. */
  get isPersistent() { return this.database.then(Boolean); }

  readAll() { return this.run("readonly", (store, done) => { store.getAll().onsuccess = done; }); }

  /** @param {any} item */
  write(item) { return this.run("readwrite", (store, done) => { store.put({ ...item }).onsuccess = done; }); }

  /** @param {string} clientId */
  erase(clientId) { return this.run("readwrite", (store, done) => { store.delete(clientId).onsuccess = done; }); }

  /**
   * Counts a try before it is made, together with those of other tabs. Resolves with the item as it is stored now.
   * @param {any} item
   */
  countTry(item) {
    return this.run("readwrite", (store, done) => {
      store.get(item.client_id).onsuccess = (/** @type {any} */ { target: { result: stored } }) => {
        if (stored?.state === "failed" && stored.at === item.at) return done({ target: { result: stored } });
        const counted = { ...item, tries: Math.max(stored?.tries ?? 0, item.tries) + 1, pending: true, tried: true };
        store.put(counted).onsuccess = () => done({ target: { result: counted } });
      };
    });
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore, done: (event: any) => void) => void} work
   * @returns {Promise<any>}
   */
  async run(mode, work) {
    const database = await this.database;
    if (!database) return null;
    return attempt(new Promise((resolve, reject) => {
      const transaction = database.transaction("outbox", mode);
      transaction.onabort = () => reject(transaction.error); // it is full, among others
      work(transaction.objectStore("outbox"), ({ target }) => resolve(target.result));
    }));
  }
}
