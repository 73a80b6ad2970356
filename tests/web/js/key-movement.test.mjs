import assert from "node:assert/strict";
import { test } from "node:test";

import { move, moveInChart } from "../../../web/static/js/components/key-movement.js";

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

// two lines that cross: the first rises from left to right, the second falls
const CHART = [
  { x: 10, y: 90, line: 0 },
  { x: 50, y: 50, line: 0 },
  { x: 90, y: 10, line: 0 },
  { x: 12, y: 20, line: 1 },
  { x: 88, y: 80, line: 1 },
];
const inChart = (key, index) => moveInChart(key, index, CHART);

test("left and right go along a line of a chart, and end with it", () => {
  assert.equal(inChart("ArrowRight", 0), 1);
  assert.equal(inChart("ArrowLeft", 2), 1);
  assert.equal(inChart("ArrowLeft", 0), null);
  assert.equal(inChart("ArrowRight", 2), null);
});

test("up and down go to the nearest point of a line that is there", () => {
  assert.equal(inChart("ArrowUp", 0), 3);
  assert.equal(inChart("ArrowDown", 0), null);
  assert.equal(inChart("ArrowDown", 2), 4);
  assert.equal(inChart("ArrowUp", 4), 2);
});

test("other keys, and points that are not there, lead nowhere", () => {
  assert.equal(inChart("Enter", 0), null);
  assert.equal(inChart("ArrowUp", -1), null);
  assert.equal(moveInChart("ArrowUp", 0, []), null);
});
