// A server of uploads as the page sees it: by fetch and by XMLHttpRequest.
export class TusServer {
  uploads = new Map(); // path -> { size, bytes, metadata }
  requests = []; // [method, path]
  problems = []; // status of the next answers; 0: the connection is cut
  cutAt = null; // bytes of a piece after which the connection is cut
  #held = [];
  isHolding = false; // pieces are not answered

  install() {
    globalThis.fetch = (url, options = {}) => this.fetch(url, options);
    const server = this;
    globalThis.XMLHttpRequest = class extends EventTarget {
      upload = new EventTarget();
      headers = {};
      status = 0;
      responseText = "";
      method = "";
      url = "";
      answer = null;
      open(method, url) { [this.method, this.url] = [method, url]; }
      setRequestHeader(name, value) { this.headers[name] = value; }
      getResponseHeader(name) { return this.answer?.headers[name] ?? null; }
      abort() { this.dispatchEvent(new Event("loadend")); }
      async send(body) {
        this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded: Math.ceil(body.size / 2) }));
        this.answer = await server.answer(this.method, this.url, this.headers, body);
        [this.status, this.responseText] = [this.answer.status, this.answer.body];
        this.dispatchEvent(new Event("loadend"));
      }
    };
  }

  async fetch(url, { method = "GET", headers = {} }) {
    const answer = await this.answer(method, url, headers, null);
    if (!answer.status) throw new TypeError("network");
    return new Response(answer.body || null, answer);
  }

  async answer(method, url, headers, body) {
    this.requests.push([method, url]);
    if (this.isHolding && method === "PATCH") await new Promise((resolve) => { this.#held.push(resolve); });
    const problem = this.problems.shift();
    if (problem !== undefined) return this.refuse(problem);
    const upload = this.uploads.get(url);
    if (method === "POST") return this.create(headers);
    if (!upload) return this.refuse(404);
    if (method === "DELETE") this.uploads.delete(url);
    if (method !== "PATCH") return { status: 200, headers: { "Upload-Offset": String(upload.bytes.length) }, body: "" };
    if (Number(headers["Upload-Offset"]) !== upload.bytes.length) return this.refuse(409);
    const piece = new Uint8Array(await body.arrayBuffer());
    const taken = this.cutAt === null ? piece : piece.slice(0, this.cutAt);
    upload.bytes = Buffer.concat([upload.bytes, taken]);
    const reached = { "Upload-Offset": String(upload.bytes.length) };
    if (this.cutAt === null) return { status: 204, headers: reached, body: "" };
    this.cutAt = null;
    return this.refuse(0);
  }

  release() {
    this.isHolding = false;
    for (const go of this.#held.splice(0)) go();
  }

  refuse(status) {
    const text = { 413: "Too large.", 507: "Full." }[status] ?? "";
    return { status, headers: {}, body: status ? JSON.stringify({ error: { code: "x", text, retry: false } }) : "" };
  }

  create(headers) {
    const path = `/files/uploads/${this.uploads.size + 1}/`;
    const metadata = Object.fromEntries(headers["Upload-Metadata"].split(",").map((pair) => {
      const [name, value] = pair.split(" ");
      return [name, Buffer.from(value, "base64").toString()];
    }));
    this.uploads.set(path, { size: Number(headers["Upload-Length"]), bytes: Buffer.alloc(0), metadata });
    return { status: 201, headers: { Location: path }, body: "" };
  }

  methods() { return this.requests.map(([method]) => method); }
}
