// Requests of a page's scripts. Each names the page's user; the server refuses it once another user has signed in.

const STALLED_AFTER = 60_000; // ms

const userMeta = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=page-user]"));
/** @type {Record<string, string>} */
const userHeader = userMeta?.content ? { "X-Page-User": userMeta.content } : {};

/** What every request fails with, unless it was aborted: then with the browser's AbortError. */
export class ApiError extends Error {
  /**
   * @param {string} text the server's sentence, or ""
   * @param {{ status?: number | null, redirected?: boolean, body?: any }} answer
   */
  constructor(text, { status = null, redirected = false, body = null } = {}) {
    super(text);
    this.text = text;
    this.status = status; // null: no answer came
    this.redirected = redirected; // to sign in: the user is signed out
    this.body = body; // the answer's JSON, or null
  }
}

/**
 * A response of 200 to 299 that was not redirected; everything else is an `ApiError`.
 * @param {string} url
 * @param {RequestInit & { headers?: Record<string, string> }} options
 */
export async function request(url, options = {}) {
  const response = await send(url, { ...options, headers: { ...options.headers, ...userHeader } });
  if (response.ok && !response.redirected) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(body?.error?.text ?? "", { status: response.status, redirected: response.redirected, body });
}

/**
 * @param {string} url
 * @param {RequestInit} options
 */
const send = (url, options) => fetch(url, options).catch((error) => { throw toApiError(error, null); });

/** @param {Response} response */
const readJson = (response) => response.json().catch((error) => { throw toApiError(error, response.status); });

/**
 * @param {Error} error
 * @param {number | null} status
 */
function toApiError(error, status) {
  if (error.name === "AbortError") return error;
  return new ApiError("", { status: error.name === "SyntaxError" ? status : null }); // an answer, but no JSON
}

/**
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
export async function getJson(url, options = {}) {
  const response = await request(url, { ...options, headers: { Accept: "application/json" } });
  return readJson(response);
}

/**
 * A page of the site, also one that says what went wrong.
 * @param {string} url
 */
export const fetchPage = (url) => send(url, { headers: { Accept: "text/html", ...userHeader } });

/**
 * The page that answers a form.
 * @param {string} url
 * @param {FormData} body with its token
 */
export const postPage = (url, body) => request(url, { method: "POST", headers: { Accept: "text/html" }, body });

/**
 * A page, or a part of one, as a document of its own.
 * @param {string} url
 */
export async function getDocument(url) {
  const response = await request(url, { headers: { Accept: "text/html" } });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/**
 * Posts as a form of the page does: the answer is the next page.
 * @param {string} url
 * @param {Record<string, string>} fields
 */
export function submitForm(url, fields) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: url, hidden: true });
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: readCsrfToken(), ...fields }))
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
}

function readCsrfToken() {
  const token = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=csrf-token]"));
  return token?.content ?? "";
}

/**
 * @param {string} url
 * @param {FormData | string} body a form with its token, or JSON
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
export async function postJson(url, body, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (typeof body === "string") {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = readCsrfToken();
  }
  const response = await request(url, { ...options, method: "POST", headers, body });
  return readJson(response);
}

/**
 * A request that changes something and has no form, such as a PATCH.
 * @param {string} url
 * @param {RequestInit & { method: string, headers?: Record<string, string> }} options
 */
export const requestChange = (url, options) => request(url, { ...options, headers: addChangeHeaders(options.headers) });

/** @param {Record<string, string>} headers */
const addChangeHeaders = (headers = {}) =>
  ({ Accept: "application/json", "X-CSRFToken": readCsrfToken(), ...headers, ...userHeader });

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * The same, with `onProgress(bytes)` while the body leaves, which fetch does not tell. Resolves with the answer's
 * headers. A connection on which nothing moves counts as lost.
 * @param {string} url
 * @param {{ method: string, headers: Record<string, string>, body: Blob, signal: AbortSignal,
 *   onProgress: (sent: number) => void }} options
 * @returns {Promise<{ get(name: string): string | null }>}
 */
export function requestTracked(url, { method, headers, body, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    const abort = () => sending.abort();
    let timer = setTimeout(abort, STALLED_AFTER);
    sending.open(method, url);
    for (const [name, value] of Object.entries(addChangeHeaders(headers))) sending.setRequestHeader(name, value);
    sending.upload.addEventListener("progress", ({ loaded }) => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALLED_AFTER);
      onProgress(loaded);
    });
    sending.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      const redirected = Boolean(sending.responseURL) && sending.responseURL !== new URL(url, location.href).href;
      if (signal.aborted) reject(signal.reason);
      else if (sending.status >= 200 && sending.status < 300 && !redirected)
        resolve({ get: (name) => sending.getResponseHeader(name) });
      else {
        const json = parseJson(sending.responseText);
        reject(new ApiError(json?.error?.text ?? "", { status: sending.status || null, redirected, body: json }));
      }
    });
    signal.addEventListener("abort", abort);
    sending.send(body);
  });
}
