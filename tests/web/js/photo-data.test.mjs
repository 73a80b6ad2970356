import assert from "node:assert/strict";
import { test } from "node:test";

import { divide, nameIndex, percent, place, select } from "../../../web/static/js/data/photo-data.js";

const any = { true: null, predicted: null };
const data = {
  format_version: 1,
  classes: ["a", "b", "c"],
  label: [0, 0, 1, 1, 2, 0, 0],
  predicted: [0, 1, 1, 0, 1, 1, -1],
  probability: [900, 600, 800, 700, 500, 950, 0],
};

test("a cell selects its photos alone, the surest first", () => {
  assert.deepEqual(select({ true: 0, predicted: 1 }, data), [5, 1]);
  assert.deepEqual(select({ true: 2, predicted: 0 }, data), []);
  assert.deepEqual(select({ true: 7, predicted: 0 }, data), []);
});

test("a row or a column has the surest mistakes first and the surest right one last", () => {
  assert.deepEqual(select({ ...any, true: 0 }, data), [5, 1, 0]);
  assert.deepEqual(select({ ...any, predicted: 1 }, data), [5, 1, 4, 2]);
  assert.deepEqual(select({ ...any, true: 1 }, data), [3, 2]);
});

test("no class selects nothing, and photos that were not held out are never there", () => {
  assert.deepEqual(select(any, data), []);
  assert.ok(!select({ ...any, true: 0 }, data).includes(6));
});

test("equally sure photos keep their order", () => {
  const even = { ...data, label: [0, 0, 0], predicted: [1, 1, 1], probability: [5, 5, 5] };
  assert.deepEqual(select({ true: 0, predicted: 1 }, even), [0, 1, 2]);
});

test("a row is divided by what it was taken for, a column by what it is, a cell not at all", () => {
  const row = { ...any, true: 0 };
  assert.deepEqual(divide(row, select(row, data), data), [
    { cell: { true: 0, predicted: 1 }, index: 1, photos: 2 },
    { cell: { true: 0, predicted: 0 }, index: 0, photos: 1 },
  ]);
  const column = { ...any, predicted: 1 };
  assert.deepEqual(
    divide(column, select(column, data), data).map(({ index, photos }) => [index, photos]),
    [[0, 2], [1, 1], [2, 1]],
  );
  assert.deepEqual(divide({ true: 0, predicted: 1 }, [1, 5], data), []);
  assert.deepEqual(divide(any, [], data), []);
});

test("a tile lies where the sheets of the build have it", () => {
  assert.deepEqual(place(0, 60), { sheet: 0, column: 0, row: 0, width: 1536, height: 384 });
  assert.deepEqual(place(17, 60), { sheet: 0, column: 1, row: 1, width: 1536, height: 384 });
  assert.deepEqual(place(255, 300), { sheet: 0, column: 15, row: 15, width: 1536, height: 1536 });
  assert.deepEqual(place(299, 300), { sheet: 1, column: 11, row: 2, width: 1536, height: 288 });
  assert.equal(nameIndex(299), 43);
});

test("a probability never looks surer than it is", () => {
  assert.equal(percent(1000), "100\u202f%");
  assert.equal(percent(996), ">99\u202f%");
  assert.equal(percent(994), "99\u202f%");
  assert.equal(percent(4), "0\u202f%");
});

test("100 000 photos are selected at once", () => {
  const count = 100_000;
  const many = {
    ...data,
    label: Array.from({ length: count }, (_, photo) => photo % 3),
    predicted: Array.from({ length: count }, (_, photo) => photo % 2),
    probability: Array.from({ length: count }, (_, photo) => photo % 1000),
  };
  assert.equal(select({ true: 0, predicted: 1 }, many).length, 16_667);
});
