// What scripts find in a browser, as far as those need it that know no page.
import { register } from "node:module";
import { find } from "./resolve.js";

register("./resolve.js", import.meta.url);

/** @param {string} path below /static/ */
export const load = (path) => import(find(path));

const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
const page = new EventTarget();

class MemoryStorage {
  #values = new Map();
  getItem(key) { return this.#values.get(key) ?? null; }
  setItem(key, text) { this.#values.set(key, String(text)); }
  removeItem(key) { this.#values.delete(key); }
}

/** @param {{ language?: string, blocks?: Record<string, any> }} options what the server wrote into the page */
export function openPage({ language = "en", blocks = {} } = {}) {
  define("window", globalThis);
  define("addEventListener", page.addEventListener.bind(page));
  define("dispatchEvent", page.dispatchEvent.bind(page));
  define("location", new URL("http://127.0.0.1:8000/rooms/1/"));
  define("navigator", { onLine: true, languages: [language] });
  define("localStorage", new MemoryStorage());
  define("sessionStorage", new MemoryStorage());
  define("document", Object.assign(new EventTarget(), {
    documentElement: { lang: language },
    body: { dataset: { socket: "/ws/", manifest: "/manifest.webmanifest" } },
    visibilityState: "visible",
    getElementById: (id) => (id in blocks ? { textContent: JSON.stringify(blocks[id]) } : null),
    querySelector: () => null,
    querySelectorAll: () => [],
  }));
  define("MutationObserver", class { observe() {} });
}

/** A connection whose other end is the test. */
export class FakeWebSocket {
  static OPEN = 1;
  static opened = [];

  constructor(url) {
    this.url = url;
    this.readyState = FakeWebSocket.OPEN;
    this.sent = [];
    FakeWebSocket.opened.push(this);
  }

  static get last() { return FakeWebSocket.opened.at(-1); }

  send(text) { this.sent.push(JSON.parse(text)); }

  close() { this.readyState = 3; }

  serve(frame) { this.onmessage({ data: JSON.stringify(frame) }); }

  greet(user = 7) { this.serve([{ stream: "socket", type: "hello", data: { user } }]); }

  answer(fields) { this.serve({ re: this.sent.at(-1).id, ...fields }); }

  end(code = 1006, reason = "") {
    this.readyState = 3;
    this.onclose({ code, reason });
  }
}

/** What promises do until they wait for something else. */
export const settled = () => new Promise((resolve) => { setImmediate(resolve); });
