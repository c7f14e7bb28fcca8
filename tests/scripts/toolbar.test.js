import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { moveInToolbar, setTabStop } = await load("myweb/toolbar.js");
let bar, buttons, focused;

beforeEach(() => {
  focused = null;
  buttons = ["one", "hidden", "two", "three"].map((name) => ({
    name,
    tabIndex: 0,
    checkVisibility: () => name !== "hidden",
    focus() { focused = this; },
  }));
  bar = { querySelectorAll: () => buttons, direction: "ltr" };
  globalThis.getComputedStyle = ({ direction }) => ({ direction });
  setTabStop(bar);
});

const press = (key, from, more = {}) => moveInToolbar(bar, { key, target: buttons[from], ...more }) && focused.name;
const stops = () => buttons.filter(({ tabIndex }) => tabIndex === 0).map(({ name }) => name);

test("the arrows go round the buttons that are shown, Home and End to the outer ones", () => {
  assert.equal(press("ArrowRight", 0), "two");
  assert.equal(press("ArrowRight", 3), "one");
  assert.equal(press("ArrowLeft", 0), "three");
  assert.equal(press("Home", 2), "one");
  assert.equal(press("End", 0), "three");
});

test("the arrows follow the direction of the text", () => {
  bar.direction = "rtl";
  assert.equal(press("ArrowLeft", 0), "two");
  assert.equal(press("ArrowRight", 2), "one");
});

test("Tab leads to one button: where the focus was last", () => {
  assert.deepEqual(stops(), ["one"]);
  press("End", 0);
  assert.deepEqual(stops(), ["three"]);
});

test("other keys, and those with a modifier, are not the toolbar's", () => {
  for (const key of ["Enter", "ArrowUp", "a"]) assert.equal(press(key, 0), false);
  for (const more of [{ altKey: true }, { ctrlKey: true }, { metaKey: true }])
    assert.equal(press("ArrowRight", 0, more), false);
});
