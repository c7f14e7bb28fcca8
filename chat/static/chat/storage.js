// The browser's storage, which may be absent, full or forbidden: then values live as long as the page.

class SafeStorage {
  constructor(name) {
    this.memory = new Map();
    try {
      this.store = window[name] ?? null;
    } catch {
      this.store = null; // SecurityError: cookies are blocked
    }
  }

  get(key) {
    if (this.memory.has(key)) return this.memory.get(key);
    try {
      return this.store?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  set(key, text) {
    try {
      this.store.setItem(key, text);
      this.memory.delete(key);
    } catch {
      this.memory.set(key, text);
    }
  }

  remove(key) {
    this.memory.delete(key);
    try {
      this.store?.removeItem(key);
    } catch { /* it was never stored */ }
  }

  /** What `setJson` stored; null if there is nothing that can be read. */
  getJson(key) {
    try {
      return JSON.parse(this.get(key) ?? "null");
    } catch {
      return null;
    }
  }

  setJson(key, value) { this.set(key, JSON.stringify(value)); }
}

export const local = new SafeStorage("localStorage");
export const session = new SafeStorage("sessionStorage"); // of this tab alone; it survives reloads
