import assert from "node:assert/strict";
import { test } from "node:test";

import { checkLayer, FORMAT_VERSION } from "../../../web/static/js/data/fetched-documents.js";

test("the format it knows is read", () => {
  const document = { format_version: FORMAT_VERSION, channels: 1, score: [1], reason: [""] };
  assert.equal(checkLayer(document), document);
});

test("another format is refused, with both versions named", () => {
  for (const version of [FORMAT_VERSION + 1, undefined, "1"])
    assert.throws(
      () => checkLayer({ format_version: version }),
      new RegExp(`layer.json: expected format_version ${FORMAT_VERSION}, got ${version}; reload`),
    );
  assert.throws(() => checkLayer(null), /got undefined/);
});
