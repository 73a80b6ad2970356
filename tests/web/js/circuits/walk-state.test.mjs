import assert from "node:assert/strict";
import { test } from "node:test";

import { readWalk, writeWalk } from "../../../../web/static/js/state/walk-state.js";

const STEPS = [
  { layer: "block1", channel: 41 },
  { layer: "mixed4a+b.c-d", channel: 0 },
];

test("what is written is read again", () => {
  assert.equal(writeWalk([]), "");
  assert.equal(writeWalk(STEPS.slice(0, 1)), "?walk=block1/41");
  assert.equal(writeWalk(STEPS), "?walk=block1/41,mixed4a%2Bb.c-d/0");
  assert.deepEqual(readWalk(writeWalk(STEPS)), STEPS);
});

test("steps that are none are left out", () => {
  assert.deepEqual(readWalk(""), []);
  assert.deepEqual(readWalk("?walk=../../x/3,block1/-1,block1,a/b/1,block1/41"), [{ layer: "block1", channel: 41 }]);
});

test("of a long walk the end is kept", () => {
  const long = Array.from({ length: 40 }, (_, channel) => ({ layer: "stem", channel }));
  assert.deepEqual(readWalk(writeWalk(long)), long.slice(8));
});
