import assert from "node:assert/strict";
import { test } from "node:test";

import { decimal, grouped } from "../../../web/static/js/components/page-elements.js";

test("numbers are written as in the pages", () => {
  assert.equal(grouped(1280), "1\u202f280");
  assert.equal(grouped(999), "999");
  assert.equal(decimal(-1.234), "\u22121.23");
  assert.equal(decimal(7), "7.00");
});
