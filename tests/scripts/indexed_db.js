// As much of IndexedDB as the scripts use: each request is answered later, in order.
class FakeStore {
  #records;
  #keyPath;

  constructor(records, keyPath) {
    this.#records = records;
    this.#keyPath = keyPath;
  }

  #request(work) {
    const request = { onsuccess: null, result: undefined };
    queueMicrotask(() => {
      request.result = work();
      request.onsuccess?.();
    });
    return request;
  }

  transaction = { commit() {} };

  get(key) { return this.#request(() => structuredClone(this.#records.get(key))); }
  getAll() { return this.#request(() => structuredClone([...this.#records.values()])); }
  put(record) { return this.#request(() => void this.#records.set(record[this.#keyPath], structuredClone(record))); }
  delete(key) { return this.#request(() => void this.#records.delete(key)); }
  clear() { return this.#request(() => this.#records.clear()); }
}

/** Databases that are empty at first. They open once `ready` resolves. */
export function installIndexedDB(ready = Promise.resolve(), databases = new Map()) {
  globalThis.indexedDB = {
    open(name) {
      const request = { onsuccess: null, onupgradeneeded: null, result: null };
      request.result = {
        createObjectStore: (store, { keyPath }) => databases.set(name, { records: new Map(), keyPath }),
        transaction: () => ({
          objectStore: () => new FakeStore(databases.get(name).records, databases.get(name).keyPath),
        }),
      };
      ready.then(() => {
        if (!databases.has(name)) request.onupgradeneeded();
        request.onsuccess();
      });
      return request;
    },
  };
}
