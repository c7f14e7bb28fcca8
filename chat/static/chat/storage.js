// The browser's storage, which may be absent, full or forbidden: then values live as long as the page.

class SafeStorage {
  /** @param {"localStorage" | "sessionStorage"} name */
  constructor(name) {
    /** @type {Map<string, string>} */
    this.memory = new Map();
    /** @type {Storage | null} */
    this.store = null;
    try {
      this.store = window[name] ?? null;
    } catch {
      this.store = null; // SecurityError: cookies are blocked
    }
  }

  /** @param {string} key */
  get(key) {
    const unstored = this.memory.get(key);
    if (unstored !== undefined) return unstored;
    try {
      return this.store?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  set(key, text) {
    try {
      if (!this.store) throw new Error("no storage");
      this.store.setItem(key, text);
      this.memory.delete(key);
    } catch {
      this.memory.set(key, text);
    }
  }

  /** @param {string} key */
  remove(key) {
    this.memory.delete(key);
    try {
      this.store?.removeItem(key);
    } catch {
      // it was never stored
    }
  }

  /**
   * What `setJson` stored; null if there is nothing that can be read.
   * @param {string} key
   * @returns {any}
   */
  getJson(key) {
    try {
      return JSON.parse(this.get(key) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * @param {string} key
   * @param {any} value
   */
  setJson(key, value) {
    this.set(key, JSON.stringify(value));
  }
}

export const local = new SafeStorage("localStorage");
export const session = new SafeStorage("sessionStorage"); // of this tab alone; it survives reloads
