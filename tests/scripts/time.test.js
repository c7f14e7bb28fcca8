import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { mock, test } from "node:test";
import { load, openPage } from "./page.js";

process.env.TZ = "America/New_York";
mock.timers.enable({ apis: ["Date", "setInterval", "setTimeout"], now: Date.UTC(2026, 10, 28, 22, 30) }); // 17:30 there

const cases = JSON.parse(readFileSync(new URL("../format_cases.json", import.meta.url), "utf8"));
const strings = {
  "en": {
    unit_d: "{count} d", unit_h: "{count} h", unit_min: "{count} min",
    for_time: "for {time}", in_time: "in {time}", just_now: "just now", time_ago: "{time} ago",
  },
  "zh-hans": {
    unit_d: "{count} 天", unit_h: "{count} 小时", unit_min: "{count} 分钟",
    for_time: "已持续 {time}", in_time: "{time}后", just_now: "刚刚", time_ago: "{time}前",
  },
};

for (const language of ["en", "zh-hans"]) {
  openPage({ language, blocks: { "time-strings": strings[language] } });
  const { formatRelative, formatSince } = await load(`myweb/time.js?${language}`);
  const format = { age: formatRelative, since: formatSince };

  test(`an age has one form in ${language}`, () => {
    for (const { kind, value, ...texts } of cases) {
      if (kind in format) assert.equal(format[kind](Date.now() - value * 1_000), texts[language]);
    }
  });
}

const { formatClock, formatDay, formatMoment, formatFullTime, onNewDay } = await load("myweb/time.js?en");
const plain = (text) => text.replaceAll(/[\u202F\u00A0]/g, " ");

test("a moment is in the reader's zone: its clock today, otherwise with its day, and its year", () => {
  assert.equal(plain(formatMoment("2026-11-28T21:05:00Z")), "4:05 PM");
  assert.equal(plain(formatMoment("2026-11-28T04:05:00Z")), "Nov 27, 11:05 PM");
  assert.equal(plain(formatMoment("2025-11-28T21:05:00Z")), "Nov 28, 2025, 4:05 PM");
  assert.equal(plain(formatMoment("2026-07-01T12:00:00Z")), "Jul 1, 8:00 AM"); // summer
  assert.equal(plain(formatClock("2026-11-28T14:05:00Z")), "9:05 AM");
  assert.match(plain(formatFullTime("2026-11-28T21:05:07Z")), /Saturday, November 28, 2026 at 4:05:07 PM/);
});

test("ranges, axes and tips of charts have the hours of every other time", async () => {
  const { clockWithSeconds, formatAxisTime, formatRange, formatTimeInRange } = await load("metrics/chart_labels.js?en");
  const [at, hour] = [Date.UTC(2026, 10, 28, 21, 2) / 1_000, 3_600];
  assert.equal(plain(formatTimeInRange(at, 24 * hour)), "Nov 28, 4:02 PM");
  assert.equal(plain(formatTimeInRange(at, hour)), "4:02:00 PM");
  assert.equal(plain(formatAxisTime(at, hour)), "4:02 PM");
  assert.equal(plain(clockWithSeconds(at)), "4:02:00 PM");
  assert.match(plain(formatRange(at - hour, at)), /^Nov 28, 3:02:00.PM.–.4:02:00.PM$/);
  assert.match(plain(formatRange(at - 24 * hour, at)), /^Nov 27, 4:02.PM.–.Nov 28, 4:02.PM$/);
});

test("a day without a time is the reader's", () => {
  assert.equal(formatDay("2026-11-28"), "Today");
  assert.equal(formatDay("2026-11-27"), "Yesterday");
  assert.equal(formatDay("2026-11-29T03:00:00Z"), "Today");
  assert.equal(formatDay("2026-11-26"), "Thursday, November 26");
  assert.equal(formatDay("2025-11-26"), "Wednesday, November 26, 2025");
});

test("today becomes yesterday at midnight", () => {
  let changes = 0;
  onNewDay(() => { changes += 1; });
  mock.timers.tick(6.4 * 3_600_000);
  assert.equal(changes, 0);
  assert.equal(formatDay("2026-11-28"), "Today");
  mock.timers.tick(0.2 * 3_600_000);
  assert.equal(changes, 1);
  assert.equal(formatDay("2026-11-28"), "Yesterday");
  assert.equal(plain(formatMoment("2026-11-28T21:05:00Z")), "Nov 28, 4:05 PM");
});
