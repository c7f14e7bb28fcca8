// Texts with places, which values or nodes fill.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage({ language: "en", blocks: { "page-strings": { until: "{name} until {time}" } } });
const { fillNodes, tNodes } = await load("myweb/i18n.js");

test("nodes stand in the places of a text", () => {
  const time = { node: "time" };
  assert.deepEqual(tNodes("until", { name: "Ben", time }).filter(Boolean), ["Ben", " until ", time]);
  assert.deepEqual(fillNodes("{time}起", { time }).filter(Boolean), [time, "起"]);
});

test("a value that looks like a place is none", () => {
  const time = { node: "time" };
  assert.deepEqual(tNodes("until", { name: "{time}", time }).filter(Boolean), ["{time}", " until ", time]);
  assert.deepEqual(fillNodes("since {other}", {}).join(""), "since {other}");
});
