import assert from "node:assert/strict";
import { test } from "node:test";

import { strongestPixel, weightOf } from "../../../../web/static/js/data/weight-data.js";
import { readWeights, writeWeights } from "../../../../web/static/js/state/weights-state.js";

const WHOLE = { input: null, output: null, zoom: 1 };

test("what is written is read again, and what is not there is as by default", () => {
  assert.equal(writeWeights(WHOLE), "");
  for (const state of [WHOLE, { input: 3, output: 0, zoom: 1 }, { input: null, output: null, zoom: 2.25 }])
    assert.deepEqual(readWeights(writeWeights(state)), state);
  assert.deepEqual(readWeights("?input=3&zoom=0.5"), WHOLE);
  assert.deepEqual(readWeights("?input=x&output=2&zoom=much"), WHOLE);
});

test("a pixel's opacity is the root of its weight, its colour the sign", () => {
  const pixels = new Uint8ClampedArray([10, 88, 202, 255, 224, 100, 10, 128, 0, 0, 0, 0]);
  assert.equal(weightOf(pixels, 0, 0.5), 0.5);
  assert.ok(Math.abs(weightOf(pixels, 1, 0.5) + 0.5 * (64 / 127) ** 2) < 1e-9);
  assert.equal(Math.abs(weightOf(pixels, 2, 0.5)), 0);
  assert.equal(strongestPixel(pixels), 0);
});
