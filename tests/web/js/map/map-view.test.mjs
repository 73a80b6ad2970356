import assert from "node:assert/strict";
import { test } from "node:test";

import { areaBetween, moved, showing, spanOf, toMap, toWindow, within, zoomed } from "../../../../web/static/js/data/map-view.js";

const whole = { width: 600, height: 400, zoom: 1, x: 0.5, y: 0.5 };
const near = { ...whole, zoom: 4 };

test("a point of the map is where the window says, and back", () => {
  assert.equal(spanOf(whole), 400);
  assert.deepEqual(toWindow(whole, 0, 0), { left: 100, top: 0 });
  assert.deepEqual(toMap(near, 0, 400), { x: 0.5 - 300 / 1600, y: 0.5 + 200 / 1600 });
});

test("a zoom leaves the point where it is, and ends at the whole and the closest", () => {
  const before = toMap(near, 450, 100);
  const after = zoomed(near, 1.5, 450, 100, 32);
  assert.equal(after.zoom, 6);
  const at = toWindow(after, before.x, before.y);
  assert.ok(Math.abs(at.left - 450) < 1e-9 && Math.abs(at.top - 100) < 1e-9);
  assert.equal(zoomed(near, 100, 0, 0, 32).zoom, 32);
  assert.deepEqual(zoomed(near, 0.01, 450, 100, 32), whole);
});

test("a move follows the finger and ends at the map's edge", () => {
  assert.equal(moved(near, 160, 0).x, 0.4);
  assert.equal(moved(near, 1e6, -1e6).x, 300 / 1600);
  assert.equal(moved(near, 1e6, -1e6).y, 1 - 200 / 1600);
  assert.deepEqual(moved(whole, 50, 50), whole); // there is nothing beside it
  assert.equal(within({ ...near, x: NaN, zoom: 1 }).x, 0.5);
});

test("a window moves as little as shows a cell", () => {
  const cell = { left: 0.9, right: 0.95, top: 0.5, bottom: 0.55 };
  const view = showing(near, cell);
  assert.equal(view.y, 0.5);
  assert.ok(Math.abs(toWindow(view, 0.95, 0).left - 600) < 1e-9);
});

test("an area between two points of the window, held to the map", () => {
  assert.deepEqual(areaBetween(whole, { left: 300, top: 100 }, { left: 0, top: 300 }), { left: 0, top: 0.25, right: 0.5, bottom: 0.75 });
  assert.equal(areaBetween(whole, { left: 0, top: 0 }, { left: 50, top: 400 }), null);
});
