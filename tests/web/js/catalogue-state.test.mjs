import assert from "node:assert/strict";
import { test } from "node:test";

import {
  DEFAULTS,
  SORTS,
  arrangeModels,
  naturalOrder,
  readCatalogue,
  readLimit,
  writeCatalogue,
} from "../../../web/static/js/state/catalogue-state.js";

const SOURCES = ["PyPI", "lucid"];
const FAMILIES = ["Big", "a & b"];

function row(name, source, family, here, values) {
  return { name, source, family, here, values: new Map(Object.entries(values)) };
}

const ROWS = [
  row("big", "PyPI", "Big", false, { top1: 80, parameters: 9e6, gflops: 4 }),
  row("Small Net", "PyPI", "Big", true, { top1: 70, parameters: 2e6, gflops: 0.5 }),
  row("zoo", "lucid", "a & b", false, {}),
  row("own", "lucid", "a & b", true, { parameters: 2e6, gflops: 1 }),
];

test("an empty address is the default, and the default an empty address", () => {
  assert.deepEqual(readCatalogue("", SOURCES, FAMILIES), DEFAULTS);
  assert.equal(writeCatalogue(DEFAULTS), "");
});

test("every state survives the way through the address", () => {
  for (const sort of SORTS)
    for (const order of ["up", "down"])
      for (const family of ["", ...FAMILIES])
        for (const gflops of ["", "0.5"])
          for (const weights of ["", "here"]) {
            const state = { ...DEFAULTS, sort, order, family, gflops, weights, source: "lucid", parameters: "7,5", find: "a b" };
            assert.deepEqual(readCatalogue(writeCatalogue(state), SOURCES, FAMILIES), state);
          }
});

test("what an address names wrongly is as by default", () => {
  for (const search of ["?sort=size", "?order=sideways", "?source=x", "?family=x", "?weights=1", "?%"])
    assert.deepEqual(readCatalogue(search, SOURCES, FAMILIES), DEFAULTS);
});

test("the new, accurate and many come first, the small and cheap too", () => {
  assert.deepEqual(SORTS.filter((sort) => naturalOrder(sort) === "down"), ["year", "top1", "cuts", "channels"]);
});

test("models are sorted by value, what is not known last both ways", () => {
  assert.deepEqual(arrangeModels(DEFAULTS, ROWS), [0, 1, 2, 3]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, order: "up" }, ROWS), [1, 0, 2, 3]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, sort: "gflops", order: "up" }, ROWS), [1, 3, 0, 2]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, sort: "parameters", order: "down" }, ROWS), [0, 1, 3, 2]);
});

test("models are filtered by source, family, size, cost, weights and name", () => {
  assert.deepEqual(arrangeModels({ ...DEFAULTS, source: "lucid" }, ROWS), [2, 3]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, family: "Big", weights: "here" }, ROWS), [1]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, parameters: "2" }, ROWS), [1, 3]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, gflops: "0,5" }, ROWS), [1]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, gflops: "much" }, ROWS), [0, 1, 2, 3]);
  assert.deepEqual(arrangeModels({ ...DEFAULTS, find: "net SMALL" }, ROWS), [1]);
});

test("a limit is a number, with a point or a comma", () => {
  assert.deepEqual(["", "1.5", " 2,5 ", "few", "0"].map(readLimit), [null, 1.5, 2.5, null, 0]);
});
