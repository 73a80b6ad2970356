import assert from "node:assert/strict";
import { test } from "node:test";

import { move } from "../../../web/static/js/movement.js";

const grid = (key, position) => move(key, position, 4, 10); // rows 0-3, 4-7, 8-9

test("arrows move by one and by a row", () => {
  assert.equal(grid("ArrowRight", 3), 4);
  assert.equal(grid("ArrowLeft", 4), 3);
  assert.equal(grid("ArrowDown", 1), 5);
  assert.equal(grid("ArrowUp", 9), 5);
});

test("nothing leaves the grid", () => {
  assert.equal(grid("ArrowLeft", 0), 0);
  assert.equal(grid("ArrowRight", 9), 9);
  assert.equal(grid("ArrowUp", 2), 2);
  assert.equal(grid("ArrowDown", 8), 8);
  assert.equal(grid("ArrowDown", 6), 6); // below it the last row has ended
});

test("Home and End are the ends", () => {
  assert.equal(grid("Home", 6), 0);
  assert.equal(grid("End", 2), 9);
});

test("other keys move nothing", () => {
  for (const key of ["Enter", "Tab", "a", "PageDown", "toString"]) assert.equal(grid(key, 3), null);
});
