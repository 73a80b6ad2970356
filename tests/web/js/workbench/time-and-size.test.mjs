import assert from "node:assert/strict";
import { test } from "node:test";

import { amount, duration } from "../../../../web/static/js/workbench/time-and-size.js";

test("times and sizes in words", () => {
  assert.deepEqual([0.4, 12.4, 89, 90, 600, 7200].map(duration), ["less than a second", "about 12 s", "about 89 s", "about 2 min", "about 10 min", "about 2.0 h"]);
  assert.deepEqual([1, 999_000, 12_400_000, 2.34e9].map(amount), ["1 kB", "999 kB", "12 MB", "2.3 GB"]);
});
