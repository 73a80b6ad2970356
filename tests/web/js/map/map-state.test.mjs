import assert from "node:assert/strict";
import { test } from "node:test";

import { carried, readMap, WHOLE, writeMap } from "../../../../web/static/js/state/map-state.js";

test("an address names all of a state, and nothing of the default", () => {
  assert.equal(writeMap(WHOLE), "");
  assert.deepEqual(readMap(""), WHOLE);
  const state = { label: 3, against: 0, colour: "wrong", zoom: 2.5, x: 0.25, y: 0.75, cell: { side: 20, row: 3, column: 19 }, area: { left: 0, top: 0.25, right: 0.3333, bottom: 1 }, photo: 7 };
  assert.equal(writeMap(state), "?class=3&against=0&colour=wrong&zoom=2.5&x=0.25&y=0.75&cell=20-3-19&area=0-0.25-0.3333-1&photo=7");
  assert.deepEqual(readMap(writeMap(state)), state);
});

test("what an address names wrongly is as by default", () => {
  for (const search of ["?class=x&against=2", "?colour=red", "?zoom=99&x=2&y=", "?cell=20-20-1", "?cell=3", "?photo=-1", "?area=0-0-1", "?area=0.5-0-0.2-1", "?area=0-0-2-1", "?area=0-x-1-1"]) {
    assert.deepEqual(readMap(search), WHOLE);
  }
});

test("another layer's map has the same window and classes, and no cell, but the area", () => {
  const state = { ...WHOLE, label: 1, zoom: 3, x: 0.1, y: 0.2, cell: { side: 5, row: 1, column: 1 }, area: { left: 0, top: 0, right: 0.5, bottom: 0.5 }, photo: 4 };
  assert.deepEqual(carried(state), { ...state, cell: null });
});
