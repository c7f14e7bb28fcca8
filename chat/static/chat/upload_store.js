// Files that are being uploaded, in IndexedDB beside the pending messages. What is known of a file and its bytes are
// two records: the bytes are written once.
import { Database, onResult } from "../myweb/database.js";

const BYTES = "bytes:";

export class UploadStore {
  constructor() {
    this.database = new Database("myweb-files", "files", "id");
  }

  /**
   * However long it takes, as with pending messages.
   * @returns {Promise<{ record: UploadRecord, file: File | undefined }[]>}
   */
  async readAll() {
    const stored = await this.database.runToEnd("readonly", (store, done) => onResult(store.getAll(), done));
    /** @type {any[]} */
    const all = stored ?? [];
    const files = new Map(all.map(({ id, file }) => [id, file]));
    return all
      .filter(({ id }) => !id.startsWith(BYTES))
      .map((record) => ({ record, file: files.get(BYTES + record.id) }));
  }

  /**
   * Resolves with whether it is stored.
   * @param {UploadRecord} record
   * @param {File} file
   * @returns {Promise<boolean>}
   */
  async add(record, file) {
    const bytes = { id: BYTES + record.id, file };
    const stored = await this.database.runToEnd("readwrite", (store, done) => {
      store.put(bytes);
      onResult(store.put(record), () => done(true));
      store.transaction.commit();
    });
    return Boolean(stored);
  }

  /** @param {UploadRecord} record */
  write(record) {
    return this.database.run("readwrite", (store, done) => {
      onResult(store.put(record), done);
      store.transaction.commit();
    });
  }

  /**
   * @param {string} id
   * @returns {Promise<UploadRecord | null | undefined>} null: the browser did not answer
   */
  read(id) { return this.database.run("readonly", (store, done) => onResult(store.get(id), done)); }

  /** @param {string} id */
  erase(id) {
    return this.database.run("readwrite", (store, done) => {
      store.delete(BYTES + id);
      onResult(store.delete(id), done);
      store.transaction.commit();
    });
  }
}
