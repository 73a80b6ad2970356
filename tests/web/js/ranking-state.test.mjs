import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, SORTS, arrangeRows, naturalOrder, readRanking, writeRanking } from "../../../web/static/js/state/ranking-state.js";
import { sortBy } from "../../../web/static/js/components/tables/sorted-table.js";

const MODELS = ["one", "two.b+c"];

function row(model, cut, tied, accuracy, gflops) {
  return { model, cut, tied, values: new Map([["accuracy", accuracy], ["gflops", gflops]]) };
}

const ROWS = [
  row("two.b+c", "block3", true, 0.9, 2),
  row("one", "block1", true, 0.9, 0.5),
  row("one", "Stem", false, 0.4, 0.1),
  row("two.b+c", "stem", false, 0.3, 0.5),
];

test("an empty address is the default, and the default an empty address", () => {
  assert.deepEqual(readRanking("", MODELS), DEFAULTS);
  assert.equal(writeRanking(DEFAULTS), "");
});

test("every ranking survives the way through the address", () => {
  for (const sort of SORTS)
    for (const order of ["up", "down"])
      for (const model of ["", ...MODELS])
        for (const tied of ["", "only"])
          for (const find of ["", "block 1", "<b> & 100%"]) {
            const ranking = { sort, order, model, tied, find };
            assert.deepEqual(readRanking(writeRanking(ranking), MODELS), ranking);
          }
});

test("what an address names wrongly is as by default", () => {
  for (const search of ["?sort=size", "?order=sideways", "?model=three", "?tied=1", "?other=1", "?%"])
    assert.deepEqual(readRanking(search, MODELS), DEFAULTS);
});

test("what is good comes first: high accuracies, low costs and losses", () => {
  assert.deepEqual(SORTS.filter((sort) => naturalOrder(sort) === "down"), ["accuracy", "balanced_accuracy", "macro_f1"]);
  assert.equal(writeRanking({ ...DEFAULTS, sort: "gflops", order: "up" }), "?sort=gflops");
  assert.equal(readRanking("?sort=gflops", MODELS).order, "up");
});

test("a heading sorts by it, and once more the other way round", () => {
  const first = sortBy(DEFAULTS, "gflops", naturalOrder);
  assert.deepEqual([first.sort, first.order], ["gflops", "up"]);
  assert.equal(sortBy(first, "gflops", naturalOrder).order, "down");
  assert.equal(sortBy(DEFAULTS, "accuracy", naturalOrder).order, "up");
});

test("rows are sorted by value, equal ones best first both ways", () => {
  assert.deepEqual(arrangeRows(DEFAULTS, ROWS), [0, 1, 2, 3]);
  assert.deepEqual(arrangeRows({ ...DEFAULTS, order: "up" }, ROWS), [3, 2, 0, 1]);
  assert.deepEqual(arrangeRows({ ...DEFAULTS, sort: "gflops", order: "up" }, ROWS), [2, 1, 3, 0]);
});

test("rows are filtered by backbone, by tie, and by all words of the names in any case", () => {
  assert.deepEqual(arrangeRows({ ...DEFAULTS, model: "one" }, ROWS), [1, 2]);
  assert.deepEqual(arrangeRows({ ...DEFAULTS, tied: "only" }, ROWS), [0, 1]);
  assert.deepEqual(arrangeRows({ ...DEFAULTS, find: "STEM" }, ROWS), [2, 3]);
  assert.deepEqual(arrangeRows({ ...DEFAULTS, find: " stem  two " }, ROWS), [3]);
  assert.deepEqual(arrangeRows({ ...DEFAULTS, find: "none" }, ROWS), []);
});
