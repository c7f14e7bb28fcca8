import assert from "node:assert/strict";
import { test } from "node:test";
import { load, openPage } from "./page.js";

openPage();
const { findSpelled, getPinyin, readSyllables } = await load("chat/pinyin.js");
const { matchEntries, splitByMatch, splitWords } = await load("chat/palette_matching.js");
const { Recents } = await load("chat/recents.js");
const { local } = await load("chat/storage.js");

const entries = (...names) => names.map((name) => ({ name }));
const find = (typed, list) => matchEntries(list, splitWords(typed)).map(({ name }) => name);

test("any word matches, in any order", () => {
  const disks = entries("Disk is full in 7 days", "Disks", "Web servers");
  assert.deepEqual(find("full di", disks), ["Disk is full in 7 days"]);
  assert.deepEqual(find("servers web", disks), ["Web servers"]);
  assert.deepEqual(find("di nothing", disks), []);
});

test("the whole name comes first, then what begins with it, then a word, then what contains it", () => {
  assert.deepEqual(find("zulu", entries("bazulu", "a zulu", "zulu archive", "Zulu")), [
    "Zulu", "zulu archive", "a zulu", "bazulu",
  ]);
});

test("hints, other words and the kind are found by their beginnings, after names", () => {
  const check = { name: "Shop", hint: "Down", words: "https://shop.example.com payments", label: "Check" };
  const other = { name: "Payments" };
  for (const typed of ["down", "payments", "check shop", "example"])
    assert.ok(find(typed, [check]).includes("Shop"), typed);
  assert.deepEqual(find("ayments", [check]), []);
  assert.deepEqual(find("payments", [check, other]), ["Payments", "Shop"]);
});

test("a Chinese name matches by its characters, its pinyin and its initials", () => {
  const people = entries("张伟", "王芳", "服务器监控", "Web 服务器");
  for (const typed of ["张", "伟", "zw", "zhangwei", "zhangw", "zhw", "zhang wei", "ZW", "wei"])
    assert.deepEqual(find(typed, people), ["张伟"], typed);
  assert.deepEqual(find("fwq", people), ["服务器监控", "Web 服务器"]);
  assert.deepEqual(find("web fuwu", people), ["Web 服务器"]);
  assert.deepEqual(find("wq", people), ["服务器监控", "Web 服务器"]);
  assert.deepEqual(find("zf", people), []);
  assert.deepEqual(find("xj", entries("运行记录", "新建检查")), ["新建检查", "运行记录"]);
});

test("the pinyin of common characters is known", () => {
  const words = {
    上海: "shanghai", 北京: "beijing", 数据库: "shujuku", 告警: "gaojing", 磁盘: "cipan", 内存: "neicun",
    李娜: "lina", 刘洋: "liuyang", 陈静: "chenjing", 杨帆: "yangfan", 赵敏: "zhaomin", 黄磊: "huanglei",
    周杰: "zhoujie", 吴昊: "wuhao", 徐丽: "xuli", 孙悦: "sunyue", 马超: "machao", 朱琳: "zhulin", 吕布: "lvbu",
    运维: "yunwei", 群组: "qunzu", 部署: "bushu", 发布: "fabu", 订单: "dingdan", 支付: "zhifu", 二手: "ershou",
  };
  for (const [name, pinyin] of Object.entries(words)) assert.equal([...name].map(getPinyin).join(""), pinyin);
  assert.equal(getPinyin("a"), "a");
});

test("a long name and many letters are matched without trying every way", () => {
  const begun = process.cpuUsage();
  assert.equal(findSpelled(readSyllables("啊安".repeat(500)), `${"an".repeat(19)}zz`), -1);
  assert.ok(process.cpuUsage(begun).user < 500_000);
});

test("a thousand rooms, checks and people are matched within the time of a keystroke", () => {
  const many = Array.from({ length: 2500 }, (_nothing, number) => ({
    name: number % 2 ? `room ${number} of the harbour` : `机房${number}号服务器`, words: "harbour north https://example.com",
  }));
  find("har", many); // prepared once
  const begun = process.cpuUsage();
  for (const typed of ["f", "fwq", "har room", "nothing", "1999"]) find(typed, many);
  assert.ok(process.cpuUsage(begun).user / 5 < 50_000); // microseconds
});

test("what was typed is marked in a name", () => {
  assert.deepEqual(splitByMatch("Disk is full", splitWords("full di")), ["", "Di", "sk is ", "full", ""]);
  assert.deepEqual(splitByMatch("张伟", splitWords("zw")), ["张伟"]);
  assert.deepEqual(splitByMatch("ßig", splitWords("s")), ["ßig"]); // its folded form is longer
});

test("too many and too long words are cut", () => {
  assert.equal(splitWords("a ".repeat(100)).length, 8);
  assert.equal(splitWords("a".repeat(1000))[0].length, 40);
});

test("recents are kept newest first, once each, up to a bound, and for each user", () => {
  const mine = new Recents(1);
  for (let number = 0; number < 50; number += 1) mine.add(`/rooms/${number}/`);
  mine.add("/rooms/48/");
  const { list } = new Recents(1);
  assert.deepEqual(list.slice(0, 3), ["/rooms/48/", "/rooms/49/", "/rooms/47/"]);
  assert.equal(list.length, 30);
  assert.deepEqual(new Recents(2).list, []);
});

test("recents that are no list of addresses are none", () => {
  local.set("recents:3", '{"a": 1}');
  assert.deepEqual(new Recents(3).list, []);
  local.set("recents:4", '["/a/", 5, null]');
  assert.deepEqual(new Recents(4).list, ["/a/"]);
});
