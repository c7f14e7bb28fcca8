import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { load, openPage } from "./page.js";

mock.timers.enable({ apis: ["setInterval", "setTimeout"] });

// The table is held to by myweb/formats.py as well; `wait` is said by the server alone; `age` and `since`
// are in time.test.js.
const cases = JSON.parse(readFileSync(new URL("../format_cases.json", import.meta.url), "utf8"));
const strings = {
  "en": {
    per_second: "{value}/s", unit_d: "{count} d", unit_h: "{count} h", unit_min: "{count} min", unit_s: "{count} s",
  },
  "zh-hans": {
    per_second: "{value}/s", unit_d: "{count} 天", unit_h: "{count} 小时", unit_min: "{count} 分钟", unit_s: "{count} 秒",
  },
};

// Modules read the page once: each language has its own.
for (const language of ["en", "zh-hans"]) {
  openPage({ language, blocks: { "page-strings": strings[language] } });
  const formats = await load(`myweb/formats.js?${language}`);
  const format = {
    bytes: formats.formatBytes,
    duration: formats.formatDuration,
    file_size: formats.formatFileSize,
    number: formats.formatNumber,
    value: formats.formatValue,
  };

  test(`a value has one form in ${language}`, () => {
    for (const { kind, value, unit, ...texts } of cases) {
      if (kind in format) assert.equal(format[kind](value, unit), texts[language]);
    }
  });

  test(`no number is a dash in ${language}`, () => {
    for (const unit of ["", "s", "B", "B/s", "%"]) assert.equal(formats.formatValue(NaN, unit), "–");
  });
}

const { formatOnAxis } = await load("myweb/formats.js?en");
const { shortenNames, listSteps } = await load("metrics/chart_labels.js");

test("an axis leaves out what the panel says, and is short", () => {
  assert.equal(formatOnAxis(1536, "B/s"), "1.5 KiB");
  assert.equal(formatOnAxis(12_345, "/s"), "12.3K");
  assert.equal(formatOnAxis(9_999, "/s"), "9,999");
});

test("series beside each other are named by what differs", () => {
  assert.deepEqual(shortenNames(["host.cpu.user", "host.cpu.system"]), ["user", "system"]);
  assert.deepEqual(shortenNames(['http{code="200"}', 'http{code="500"}']), ["200", "500"]);
});

test("series of this site have labels in the reader's language, others the words of their names", async () => {
  openPage({ language: "zh-hans", blocks: { "page-strings": { "series_host.in": "流入", "series_host.out": "流出" } } });
  const { labelSeries } = await load("metrics/chart_labels.js?labels");
  const series = (source, ...names) => names.map((name) => ({ id: `${source}.${name}`, name }));
  assert.deepEqual(labelSeries(series("host", "net.in", "net.out")), ["流入", "流出"]);
  assert.deepEqual(labelSeries(series("shop", "net.in", "net.out")), ["in", "out"]);
  assert.deepEqual(labelSeries(series("host", "in.time", "out.time")), ["in", "out"]);
  assert.deepEqual(labelSeries(series("host", "net.in", "disk.read")), ["net.in", "disk.read"]);
});

test("a film says its length as players do", async () => {
  const { formatPlayTime } = await load("myweb/formats.js?en");
  assert.deepEqual([0.2, 41.6, 60, 3723].map(formatPlayTime), ["0:01", "0:42", "1:00", "1:02:03"]);
});

test("marks of bytes are powers of two", () => {
  assert.deepEqual(listSteps("B").slice(0, 3), [1, 2, 4]);
  assert.equal(listSteps("%"), undefined);
});
