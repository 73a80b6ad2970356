import assert from "node:assert/strict";
import { test } from "node:test";

import { isListed } from "../../../../web/static/js/state/list-address.js";
import { addressOf, CARRIED, kindOf, readLists, writeLists } from "../../../../web/static/js/state/list-state.js";

const item = (path, note = "") => ({ path, note });
const MIXED = [
  {
    name: "Snouts, noses & <b>more</b>",
    items: [
      item("models/tiny-net/block1/41"),
      item("models/tiny-net/block1/7", "like a dog's; or = a cat's (50 %)?\u{1f415}"),
      item("models/tiny-net/mixed4a+b.c/3"),
      item("studies/pets/photos/7"),
      item("studies/pets/photos/7-0.5-0.25", "eye."),
      item("studies/pets/classes/1"),
      item("networks/pets/map/tiny-net/block1/16-3-4"),
    ],
  },
  { name: "", items: [item("models/tiny-net/stem/0", "Ends with a stop.")] },
];

test("version 1 stays as it is", () => {
  const lists = [
    { name: "My list", items: [item("models/net/block1/7"), item("models/net/block1/41", "a note"), item("models/net/block2/3")] },
  ];
  const text = "#list=1&My+list;models/net/block1,7,41=a+note;/block2,3";
  assert.equal(writeLists(lists), text);
  assert.deepEqual(readLists(text), { lists, problem: "" });
});

test("what is written is read again, and is nothing that chat programs cut off", () => {
  const text = writeLists(MIXED);
  assert.match(text, /^#[A-Za-z0-9%&=;,/+_.-]+[A-Za-z0-9]$/);
  assert.deepEqual(readLists(text), { lists: MIXED, problem: "" });
  assert.equal(writeLists([]), "");
  assert.deepEqual(readLists(writeLists([{ name: "", items: [] }])), { lists: [{ name: "", items: [] }], problem: "" });
});

test("at least 400 channels of a layer, and 70 of as many layers, fit in what chat programs carry", () => {
  const one = Array.from({ length: 400 }, (_, channel) => item(`models/efficientnet-lite0/block5b_add/${channel + 100}`));
  const many = Array.from({ length: 70 }, (_, layer) => item(`models/efficientnet-lite0/block${layer}b_project_bn/${layer + 100}`));
  for (const items of [one, many]) assert.ok(writeLists([{ name: "A list of mine", items }]).length < CARRIED - 60);
});

test("kinds and addresses", () => {
  assert.deepEqual(
    MIXED[0].items.map(({ path }) => [kindOf(path), addressOf(path)]),
    [
      ["channel", "models/tiny-net/block1/41/"],
      ["channel", "models/tiny-net/block1/7/"],
      ["channel", "models/tiny-net/mixed4a+b.c/3/"],
      ["photo", "studies/pets/photos/7/"],
      ["place", "studies/pets/photos/7/?at=0.5,0.25"],
      ["class", "studies/pets/classes/1/"],
      ["cell", "networks/pets/map/tiny-net/block1/?cell=16-3-4"],
    ],
  );
  for (const path of ["", "models/../x/3", "models/a/b/-1", "models/a/b/c", "https://x/y/3", "/models/a/b/3", "models/a/b/3/", "method"]) {
    assert.equal(kindOf(path), null, path);
  }
});

test("two lists of a thousand channels with notes are read again", () => {
  const items = Array.from({ length: 1000 }, (_, channel) => item(`models/efficientnet-lite0/block5b_add/${channel}`, "a note ".repeat(42)));
  const lists = [{ name: "One", items }, { name: "Two", items }];
  assert.deepEqual(readLists(writeLists(lists)), { lists, problem: "" });
});

test("hostile addresses are told in a line", () => {
  const refused = (hash) => {
    const { lists, problem } = readLists(hash);
    assert.equal(problem.split("\n").length, 1);
    return [lists.flatMap(({ items }) => items.map(({ path }) => path)), problem];
  };
  assert.deepEqual(readLists(""), { lists: [], problem: "" });
  assert.match(refused("#list=2&x;models/a/b,1")[1], /version 2.*version 1/);
  assert.match(refused("#nonsense")[1], /names no list/);
  assert.match(refused(`#list=1&${"x".repeat(1_200_000)}`)[1], /1200008 characters/);
  assert.deepEqual(refused("#list=1&x;models/a/b,1,%E0%A4%A,javascript:alert(1),2=%zz,3"), [
    ["models/a/b/1", "models/a/b/3"],
    "Not all of the address could be read. Left out: 3 items.",
  ]);
  assert.match(refused("#list=1&%ff;models/a/b,1")[1], /a list's name/);
  assert.match(refused("#list=1&a&b&c")[1], /1 list after the second/);
  assert.match(refused(`#list=1&a;models/a/b${",1".repeat(1001)}`)[1], /1 item after the first 1000/);
  assert.equal(readLists(`#list=1&${"n".repeat(90)}%00`).lists[0].name, "n".repeat(80));
  assert.equal(isListed("#embed"), false);
});
