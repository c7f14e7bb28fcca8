import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { ApiError, getJson, postJson } = await load("myweb/api.js");
const answer = (fetched) => { globalThis.fetch = fetched; };
const failure = (request) => request.then(() => assert.fail("it did not fail"), (error) => error);

test("an answer is its JSON", async () => {
  answer(async () => Response.json({ sources: [] }));
  assert.deepEqual(await getJson("/series/"), { sources: [] });
});

test("a refusal holds the server's sentence, its status and the rest of its answer", async () => {
  answer(async () => Response.json({ error: { text: "Too fast." }, latest: 3 }, { status: 409 }));
  const error = await failure(postJson("/save/", "{}"));
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.text, error.status, error.body.latest], ["Too fast.", 409, 3]);
});

test("a page where JSON was expected is an error of its status", async () => {
  answer(async () => new Response("<html>", { status: 502 }));
  assert.deepEqual(await failure(getJson("/")).then(({ text, status }) => [text, status]), ["", 502]);
  answer(async () => new Response("<html>"));
  assert.equal((await failure(getJson("/"))).status, 200);
});

test("without an answer there is no status", async () => {
  answer(async () => { throw new TypeError("network"); });
  assert.equal((await failure(getJson("/"))).status, null);
});

test("who aborts a request gets the browser's own error", async () => {
  answer(async () => { throw new DOMException("aborted", "AbortError"); });
  assert.equal((await failure(getJson("/"))).name, "AbortError");
});
