import assert from "node:assert/strict";
import { test } from "node:test";

import { cellAt, moveCell, placeOf } from "../../../web/static/js/data/cell-grid.js";

const WIDE = { rows: 3, columns: 5 };

test("a place lies in one cell, the ends in the outermost", () => {
  assert.deepEqual(cellAt([0, 0], WIDE), [0, 0]);
  assert.deepEqual(cellAt([0.999, 0.41], WIDE), [2, 2]);
  assert.deepEqual(cellAt([1, 1], WIDE), [2, 4]);
  assert.deepEqual(cellAt([-0.1, 1.2], WIDE), [0, 4]);
});

test("a cell is where its middle is, in grids of any size and written with three figures", () => {
  for (const side of [1, 4, 7, 14, 28])
    for (let row = 0; row < side; row += 1) {
      const grid = { rows: side, columns: side };
      const [down, across] = placeOf([row, side - 1 - row], grid).map((share) => Number(share.toFixed(3)));
      assert.deepEqual(cellAt([down, across], grid), [row, side - 1 - row]);
    }
});

test("a coarse cell is linked with one in its middle, a fine one with that around it", () => {
  const fine = { rows: 28, columns: 28 };
  const coarse = { rows: 7, columns: 7 };
  assert.deepEqual(cellAt(placeOf([3, 5], coarse), fine), [14, 22]);
  assert.deepEqual(cellAt(placeOf([14, 22], fine), coarse), [3, 5]);
});

test("keys move a cell and stop at the edge; the first one leads to the middle", () => {
  assert.deepEqual(moveCell("ArrowRight", null, WIDE), [1, 2]);
  assert.deepEqual(moveCell("ArrowRight", [1, 4], WIDE), [1, 4]);
  assert.deepEqual(moveCell("ArrowUp", [1, 4], WIDE), [0, 4]);
  assert.deepEqual(moveCell("Home", [2, 3], WIDE), [2, 0]);
  assert.deepEqual(moveCell("End", [2, 3], WIDE), [2, 4]);
  assert.equal(moveCell("x", [2, 3], WIDE), null);
});
