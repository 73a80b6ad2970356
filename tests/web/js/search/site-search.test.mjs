import assert from "node:assert/strict";
import { test } from "node:test";

import { SearchIndex } from "../../../../web/static/js/data/search-index.js";
import { fewOf, search, wordsOf } from "../../../../web/static/js/data/site-search.js";

/** Two levels of blocks of two postings, as `build/search/search_index.py` writes them. */
function indexOf(postings) {
  const sorted = [...postings].sort(([a], [b]) => (a < b ? -1 : 1));
  const leaves = [];
  for (let start = 0; start < sorted.length; start += 2) leaves.push(sorted.slice(start, start + 2));
  const firsts = leaves.map((leaf) => leaf[0][0]);
  const files = new Map();
  for (const [number, leaf] of leaves.entries())
    files.set(`i/x/0-${number}.json`, { keys: leaf.map(([key]) => key), entries: leaf.map(([, entry]) => entry) });
  const above = [];
  for (let start = 0; start < firsts.length; start += 3) {
    files.set(`i/x/1-${above.length}.json`, { start, first: firsts.slice(start, start + 3) });
    above.push(firsts[start]);
  }
  files.set("i/root.json", { folder: "x", levels: 2, start: 0, first: above });
  const read = [];
  const index = new SearchIndex("i/", async (path) => {
    read.push(path);
    if (!files.has(path)) throw new Error(path);
    return files.get(path);
  });
  return { index, read };
}

const layer = (model, name, channels) => [name, model, `models/${model}/${name}/`, `models/${model}/${name}/0`, `${channels} channels`, channels];
const snout = ["snout", "", "", "", "", [["models/lite0/block7/5", 0.9], ["models/lite1/block6/2", 0.4, ""]]];
const POSTINGS = [
  ["mlite0", ["lite0", "", "models/lite0/", "", "", 0]],
  ["mlite1", ["lite1", "", "models/lite1/", "", "", 0]],
  ["lblock6", layer("lite1", "block6", 20)],
  ["lblock7", layer("lite0", "block7", 10)],
  ["lblock7", layer("lite1", "block7", 30)],
  ["llite0", layer("lite0", "block7", 10)],
  ["wsnout", snout],
  ["ccat", ["Cat", "pets", "studies/pets/classes/0/", "", "", 0]],
  ["pcat1", ["a/cat1.jpg", "pets", "studies/pets/photos/0/", "", "", 0]],
];

const hrefs = async (text) => (await search(indexOf(POSTINGS).index, text)).results.map(({ href }) => href);

test("what begins with some letters is found in whichever block it lies", async () => {
  const { index } = indexOf(POSTINGS);
  for (const [key] of POSTINGS) {
    const { postings } = await index.beginningWith(key);
    assert.equal(postings.length, POSTINGS.filter(([other]) => other.startsWith(key)).length, key);
  }
  assert.deepEqual(await index.beginningWith("zz"), { postings: [], more: false });
  assert.deepEqual(await index.beginningWith("a"), { postings: [], more: false });
});

test("only two blocks are read for a beginning, and it is said that there are more", async () => {
  const many = Array.from({ length: 40 }, (_, number) => [`pimg${10 + number}`, [`img${number}.jpg`, "", `${number}/`, "", "", 0]]);
  const { index, read } = indexOf(many);
  const { postings, more } = await index.beginningWith("pimg");
  assert.equal(postings.length, 4);
  assert.ok(more);
  assert.equal(read.filter((path) => path.includes("/0-")).length, 2);
});

test("all words must be of what is found, and what has them whole comes first", async () => {
  assert.deepEqual(await hrefs("lite0"), ["models/lite0/", "models/lite0/block7/"]);
  assert.deepEqual(await hrefs("LITE1 block7"), ["models/lite1/block7/"]);
  assert.deepEqual(await hrefs("cat"), ["studies/pets/classes/0/", "studies/pets/photos/0/"]);
  assert.deepEqual(await hrefs("dog"), []);
  assert.deepEqual(await hrefs("  "), []);
});

test("a number is that of a channel, where the layer has so many", async () => {
  assert.deepEqual(await hrefs("block7 9"), ["models/lite0/block7/9/", "models/lite1/block7/9/"]);
  assert.deepEqual(await hrefs("channel 20 block"), ["models/lite1/block7/20/"]);
  assert.deepEqual(await hrefs("lite0 block7/3"), ["models/lite0/block7/3/"]);
  assert.deepEqual(await hrefs("29"), ["models/lite1/block7/29/"]);
  assert.deepEqual(await hrefs("Channel 3 of block7 · lite0"), ["models/lite0/block7/3/"]); // as pages are called
});

test("a word leads to the channels that it fits, best first", async () => {
  const { results } = await search(indexOf(POSTINGS).index, "snou");
  assert.deepEqual(
    results.map(({ href, fit, detail, within, picture }) => [href, fit, detail, within, picture]),
    [
      ["models/lite0/block7/5/", 0.9, "snout", "block7 of lite0", "models/lite0/block7/5"],
      ["models/lite1/block6/2/", 0.4, "snout", "block6 of lite1", ""],
    ],
  );
  assert.deepEqual(await hrefs("snout lite1"), ["models/lite1/block6/2/"]);
});

test("what is typed is cut into words as names are", () => {
  assert.deepEqual(wordsOf("Müller's ÉCLAIR block5b_add"), ["muller", "s", "eclair", "block5b", "add"]);
  assert.deepEqual(wordsOf("x".repeat(40)), ["x".repeat(24)]);
});

test("few results are of every kind", () => {
  const results = [..."mmmmmmcp"].map((kind, number) => ({ kind, number }));
  assert.deepEqual(fewOf(results, 6).map(({ kind }) => kind).join(""), "mmmmcp");
});
