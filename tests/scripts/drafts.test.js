import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { clearDraft, readDraft, saveDraft } = await load("chat/drafts.js");
const { local, session } = await load("chat/storage.js");
const KEY = "draft:7:1";
const inAnotherTab = (oldValue, newValue) =>
  dispatchEvent(Object.assign(new Event("storage"), { key: KEY, oldValue, newValue }));

beforeEach(() => {
  local.remove(KEY);
  session.remove(KEY);
});

test("a draft is kept for this tab and for tabs opened later", () => {
  saveDraft(KEY, "hello");
  assert.deepEqual([session.get(KEY), local.get(KEY)], ["hello", "hello"]);
});

test("a new tab begins with the newest draft", () => {
  local.set(KEY, "of another tab");
  assert.equal(readDraft(KEY), "of another tab");
});

test("a tab prefers its own draft", () => {
  saveDraft(KEY, "mine");
  local.set(KEY, "of another tab");
  assert.equal(readDraft(KEY), "mine");
});

test("a cleared draft leaves what another tab wrote since then", () => {
  saveDraft(KEY, "mine");
  local.set(KEY, "of another tab");
  clearDraft(KEY);
  assert.deepEqual([readDraft(KEY), local.get(KEY)], ["", "of another tab"]);
  session.remove(KEY);
  saveDraft(KEY, "mine");
  clearDraft(KEY);
  assert.equal(local.get(KEY), null);
});

test("a draft that another tab sent makes room for this tab's other words", () => {
  saveDraft(KEY, "mine");
  local.remove(KEY);
  inAnotherTab("theirs", null);
  assert.equal(local.get(KEY), "mine");
});

test("a draft that another tab sent is gone where it is the same", () => {
  saveDraft(KEY, "shared");
  local.remove(KEY);
  inAnotherTab("shared", null);
  assert.equal(local.get(KEY), null);
});

test("a full or forbidden storage keeps values as long as the page", () => {
  const { store } = session;
  session.store = { setItem() { throw new Error("full"); }, getItem: () => null, removeItem() {} };
  saveDraft(KEY, "hello");
  assert.equal(readDraft(KEY), "hello");
  session.store = store;
});
