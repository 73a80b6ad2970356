import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fromJson, toCsv, toJson } from "../../../../web/static/js/components/lists/list-files.js";

const LISTS = [{ name: "=1+1", items: [{ path: "models/net/block1/7", note: 'say "a, b"' }] }];
const SAVED = readFileSync(new URL("../../../samples/saved_lists.json", import.meta.url), "utf8");
const tell = () => ({ name: "Channel 7", of: "block1 of net", address: "models/net/block1/7/", lacking: "" });
const changed = (changes) => JSON.stringify({ ...JSON.parse(SAVED), ...changes });

test("CSV quotes, and begins no formula", () => {
  assert.equal(
    toCsv(LISTS, tell, "https://x.org/"),
    "list,kind,name,of,path,address,note,lacking\r\n" +
      `'=1+1,channel,Channel 7,block1 of net,models/net/block1/7,https://x.org/models/net/block1/7/,"say ""a, b""",\r\n`,
  );
});

test("JSON is written as its schema tells, and read again", () => {
  assert.equal(toJson(LISTS, tell, "https://x.org/"), SAVED);
  assert.deepEqual(fromJson(SAVED), { lists: LISTS, problem: "" });
  assert.deepEqual(fromJson(`\ufeff${SAVED}`).lists, LISTS); // some editors put a mark before it
});

test("of another site what has the same paths is read", () => {
  assert.deepEqual(fromJson(changed({ site: "https://y.org/z/" })).lists, LISTS);
});

test("what is no such file is told in a line", () => {
  const told = (text) => {
    const { lists, problem } = fromJson(text);
    assert.deepEqual(lists, []);
    assert.equal(problem.split("\n").length, 1);
    return problem;
  };
  assert.match(told("list,kind"), /is no JSON: expected what this page saves/);
  for (const other of ["null", "[]", "7", '{"schema": "layer"}', changed({ lists: "x" })]) {
    assert.match(told(other), /holds no lists: expected what this page saves/);
  }
  assert.match(told(changed({ format_version: 2 })), /version 2.*version 1/);
});

test("what may be in no list is left out and told", () => {
  const items = [null, 7, {}, { path: "javascript:alert(1)" }, { path: "models/a/b/1,2;c&d" }, { path: "models/a/b/3", note: 7 }];
  const long = { name: "n".repeat(90), items: Array.from({ length: 1001 }, (_, at) => ({ path: `models/a/b/${at}`, note: "x\ny" })) };
  const read = fromJson(changed({ lists: [{ items }, long, null, {}] }));
  assert.deepEqual(read.lists[0], { name: "", items: [{ path: "models/a/b/3", note: "7" }] });
  assert.deepEqual([read.lists[1].name.length, read.lists[1].items.length], [80, 1000]);
  assert.equal(read.lists[1].items[0].note, "x y");
  assert.match(read.problem, /Left out: 5 items, 1 item after the first 1000, 2 lists after the second\./);
});
