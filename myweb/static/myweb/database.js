// A database of the browser with one object store. Where the browser has none, or it does not answer in time, work
// resolves with null: nobody waits for a disk. What is late is done all the same, in order.

const TIMEOUT = 2_000; // ms

/** @typedef {(store: IDBObjectStore, done: (result: any) => void) => void} StoreWork */

/**
 * @template T
 * @param {Promise<T>} work
 * @returns {Promise<T | null>}
 */
function within(work) {
  const late = new Promise((resolve) => setTimeout(resolve, TIMEOUT, null));
  return Promise.race([work, late]);
}

/**
 * What `use` makes of a request's result.
 * @param {IDBRequest} request
 * @param {(result: any) => void} use
 */
export function onResult(request, use) { request.onsuccess = () => use(request.result); }

export class Database {
  /**
   * @param {string} name
   * @param {string} store
   * @param {string} keyPath
   */
  constructor(name, store, keyPath) {
    this.name = name;
    this.store = store;
    this.opening = this.open(keyPath).catch(() => null);
  }

  /** Whether what is written outlives the page. */
  get isPersistent() { return within(this.opening).then(Boolean); }

  /**
   * @param {string} keyPath
   * @returns {Promise<IDBDatabase>}
   */
  open(keyPath) {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(this.store, { keyPath });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /**
   * One transaction; resolves with what `work` hands to `done`.
   * @param {IDBTransactionMode} mode
   * @param {StoreWork} work
   * @returns {Promise<any>}
   */
  run(mode, work) { return within(this.runToEnd(mode, work)); }

  /**
   * The same, for work that is worth waiting for: it ends when the browser has done it.
   * @param {IDBTransactionMode} mode
   * @param {StoreWork} work
   * @returns {Promise<any>}
   */
  async runToEnd(mode, work) {
    const database = await this.opening;
    if (!database) return null;
    const ending = new Promise((resolve, reject) => {
      const transaction = database.transaction(this.store, mode);
      transaction.onabort = () => reject(transaction.error); // it is full, among others
      work(transaction.objectStore(this.store), resolve);
    });
    return ending.catch(() => null);
  }
}
