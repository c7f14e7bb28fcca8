import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { describeProbe } = await load("checks/probe_card.js");

test("a probe of a URL does not name its protocol twice", () => {
  assert.equal(describeProbe({ probe: "http", target: "https://example.com/" }), "https://example.com/");
  assert.equal(describeProbe({ probe: "tcp", target: "example.com:22" }), "tcp example.com:22");
  assert.equal(describeProbe({ probe: "tls", target: "example.com" }), "tls example.com");
});
