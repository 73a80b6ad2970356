import assert from "node:assert/strict";
import { test } from "node:test";

import { betweenClasses, cellToward, givenTo, gridFor, sheetPlace } from "../../../web/static/js/data/map-grid.js";

const grid = {
  side: 4,
  row: [0, 0, 1, 3],
  column: [0, 3, 1, 1],
  given: [[[0, 2], [1, -1]], [[1, 4], [0, 1]], [[2, 1]], [[0, -1], [1, -1]]],
};

test("the finest grid whose cells have room is shown", () => {
  assert.equal(gridFor([5, 10, 20], 390), 10);
  assert.equal(gridFor([5, 10, 20], 680), 20);
  assert.equal(gridFor([5, 10, 20], 100), 5);
});

test("a tile's sheet, size and place", () => {
  assert.deepEqual(sheetPlace(0, 300), { sheet: 0, size: "1600% 1600%", position: "0% 0%" });
  assert.deepEqual(sheetPlace(256 + 17, 300), { sheet: 1, size: "1600% 300%", position: `${(1 / 15) * 100}% 50%` });
  assert.deepEqual(sheetPlace(3, 4), { sheet: 0, size: "1600% 100%", position: "20% 0%" });
});

test("what is given to a class, and to one rather than another", () => {
  assert.equal(givenTo(grid, 1, 1, null), 4);
  assert.equal(givenTo(grid, 1, 1, 0), 3);
  assert.equal(givenTo(grid, 2, 1, 0), null);
});

test("between two classes cells lie by the difference, the largest at the end", () => {
  const places = betweenClasses(grid, 0, 1);
  assert.equal(places[2], null);
  assert.deepEqual(places.map((place) => place?.x), [1, 0, undefined, 0.5]);
  assert.ok(places[0].y < places[1].y && places[1].y < places[3].y);
});

test("keys lead to the nearest cell in their direction", () => {
  assert.equal(cellToward(grid, 0, "ArrowRight"), 1);
  assert.equal(cellToward(grid, 2, "ArrowDown"), 3);
  assert.equal(cellToward(grid, 2, "ArrowUp"), 0);
  assert.equal(cellToward(grid, 0, "ArrowLeft"), null);
  assert.equal(cellToward(grid, 0, "a"), null);
});
