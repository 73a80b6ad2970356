import assert from "node:assert/strict";
import { test } from "node:test";

import { legendOf, lookOf } from "../../../../web/static/js/data/map-look.js";

const grid = {
  side: 2, names: { 3: "ant", 5: "bee", 7: "cat" },
  row: [0, 0, 1], column: [0, 1, 1], count: [100, 25, 1], label: [3, 5, 7], most: [3, 3, 5], wrong: [0, 0.5, null],
};
const classes = { rest: null, given: { 3: { cell: [0, 1], value: [4, 2] }, 5: { cell: [0, 2], value: [-2, 1] } } };
const nothing = { label: null, against: null, colour: "" };

test("cells lie in their squares, as large as what lies there", () => {
  const look = lookOf({ ...grid, count: [25, 25, 1] }, nothing, null, []);
  assert.deepEqual([look.x, look.y], [[0.25, 0.75, 0.75], [0.25, 0.25, 0.75]]);
  assert.deepEqual(look.side, [0.5, 0.5, 0.5 * 0.45]);
  assert.deepEqual(look.opacity, [1, 1, 1]);
  assert.deepEqual(look.mark, [null, null, null]);
});

test("what speaks for a class stands out, what does not is faint", () => {
  const classes = { rest: null, given: { 3: { cell: [0, 1, 2], value: [4, 2, -4] } } };
  assert.deepEqual(lookOf(grid, { ...nothing, label: 3 }, classes, []).opacity, [1, 1, 0.15]); // of two, the lower is the end
  const many = { ...grid, row: Array(40).fill(0), column: [...Array(40).keys()], count: Array(40).fill(1) };
  const ramp = { rest: null, given: { 3: { cell: [...Array(40).keys()], value: [...Array(40).keys()] } } };
  const { opacity } = lookOf(many, { ...nothing, label: 3 }, ramp, []);
  assert.deepEqual([opacity[0], opacity[37], opacity[39]], [0.15, 1, 1]); // a few strong ones are not all one sees
  assert.ok(Math.abs(opacity[20] - (0.15 + (0.85 * 20) / 37)) < 1e-9);
});

test("two classes make a plane of the cells of which both are known", () => {
  const look = lookOf(grid, { ...nothing, label: 3, against: 5 }, classes, []);
  assert.equal(look.isPlane, true);
  assert.equal(look.x[0], 1 - look.full / 2);
  assert.deepEqual(look.x.slice(1), [null, null]);
  const all = lookOf(grid, { ...nothing, label: 3, against: 5 }, { ...classes, rest: 0 }, []);
  assert.deepEqual([all.x[0], all.x[1]], [look.x[0], look.x[0]]); // 6 and 2, the end
  assert.equal(all.x[2], all.full / 2 + 0.25 * (1 - all.full)); // -1
});

test("colours are of classes, of mistakes or of counts, and the legend says so", () => {
  const marks = (colour) => lookOf(grid, { ...nothing, colour }, null, [5, 3]).mark;
  assert.deepEqual(marks("class"), ["#ff7f0e8c", "#1f77b48c", "#8080808c"]);
  assert.deepEqual(legendOf(grid, "class", [5, 3]), [
    { colour: "#1f77b4", words: "bee" }, { colour: "#ff7f0e", words: "ant" }, { colour: "#808080", words: "other classes" },
  ]);
  assert.deepEqual(marks("wrong"), [null, "rgb(214 40 20 / 0.425)", null]);
  assert.deepEqual(marks("count"), ["rgb(8 105 92 / 0.85)", "rgb(8 105 92 / 0.2125)", "rgb(8 105 92 / 0.0085)"]);
  assert.match(legendOf(grid, "count", [])[0].words, /^100 places/);
  assert.deepEqual(legendOf(grid, "", []), []);
});
