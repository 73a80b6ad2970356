import assert from "node:assert/strict";
import { test } from "node:test";

import {
  areaOf, betweenClasses, blockOf, cellToward, describeCell, givenTo, gridFor, grownArea, indexOf, labelOf, nearestCell,
} from "../../../../web/static/js/data/map-grid.js";

const grid = {
  side: 4, block: 2, names: { 0: "ant", 1: "bee" },
  row: [0, 0, 1, 3], column: [0, 3, 1, 1], count: [1, 9, 4, 2], label: [0, -1, -1, 1], most: [1, 1, -1, 0],
};
const classes = { given: { 0: { cell: [0, 1, 3], value: [2, 1, -1] }, 1: { cell: [0, 1, 3], value: [-1, 4, -1] } } };

test("the finest grid whose cells have room is shown", () => {
  assert.equal(gridFor([5, 10, 20], 390), 10);
  assert.equal(gridFor([5, 10, 20], 680), 20);
  assert.equal(gridFor([5, 10, 20], 100), 5);
});

test("a cell's index, part of the map and block", () => {
  assert.equal(indexOf(grid, { side: 4, row: 3, column: 1 }), 3);
  assert.equal(indexOf(grid, { side: 4, row: 2, column: 1 }), -1);
  assert.deepEqual(areaOf({ side: 4, row: 3, column: 1 }), { left: 0.25, top: 0.75, right: 0.5, bottom: 1 });
  assert.equal(blockOf(grid, 1), "cells-4-0-1");
});

test("what is given to a class, and the class that a cell is coloured by", () => {
  assert.deepEqual(givenTo(grid, classes, 1), [-1, 4, null, -1]);
  assert.deepEqual(givenTo(grid, classes, 7), [null, null, null, null]);
  assert.deepEqual([0, 1, 2, 3].map((cell) => labelOf(grid, cell)), [0, 1, -1, 1]);
});

test("a cell in words", () => {
  assert.equal(describeCell(grid, 0), "Row 1, column 1: 1 place, mostly of \u2068ant\u2069, speaks most for \u2068bee\u2069");
  assert.equal(describeCell(grid, 2), "Row 2, column 2: 4 places");
});

test("between two classes cells lie by the difference, the largest at the end, and by their rows", () => {
  const places = betweenClasses([3, -3, null, 0]);
  assert.equal(places[2], null);
  assert.deepEqual(places.map((place) => place?.x), [1, 0, undefined, 0.5]);
  assert.deepEqual(places.map((place) => place?.y), [0.5 / 3, 1.5 / 3, undefined, 2.5 / 3]);
});

test("keys lead to the nearest cell in their direction", () => {
  assert.equal(cellToward(grid, 0, "ArrowRight"), 1);
  assert.equal(cellToward(grid, 2, "ArrowDown"), 3);
  assert.equal(cellToward(grid, 2, "ArrowUp"), 0);
  assert.equal(cellToward(grid, 0, "ArrowLeft"), null);
  assert.equal(cellToward(grid, 0, "a"), null);
  assert.equal(nearestCell(grid, { x: 0.9, y: 0.3 }), 1);
});

test("keys make an area of cells larger, and smaller again, about the cell it began with", () => {
  const cell = { side: 4, row: 1, column: 1 };
  const wide = grownArea(cell, null, "ArrowRight");
  assert.deepEqual(wide, { left: 0.25, top: 0.25, right: 0.75, bottom: 0.5 });
  const high = grownArea(cell, wide, "ArrowUp");
  assert.deepEqual(high, { ...wide, top: 0 });
  assert.deepEqual(grownArea(cell, high, "ArrowUp"), high); // the map ends there
  assert.deepEqual(grownArea(cell, high, "ArrowLeft"), { ...areaOf(cell), top: 0 });
  assert.deepEqual(grownArea(cell, high, "ArrowDown"), wide);
  assert.deepEqual(grownArea(cell, areaOf(cell), "ArrowLeft"), { ...areaOf(cell), left: 0 });
});
