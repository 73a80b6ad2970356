import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, readState, writeState } from "../../../web/static/js/state/layer-state.js";

test("an empty address is the default, and the default an empty address", () => {
  assert.deepEqual(readState(""), DEFAULTS);
  assert.equal(writeState(DEFAULTS), "");
});

test("every state survives the way through the address", () => {
  for (const sort of ["index", "score", "evidence"])
    for (const order of ["up", "down"])
      for (const flagged of ["show", "hide"])
        for (const believed of ["all", "better"])
        for (const size of ["s", "m", "l"])
          for (const [show, word] of [["", ""], ["0-63,100", ""], ["odd & <text>", "odd & <word>"]])
            for (const channel of [null, 0, 1279]) {
              const state = { sort, order, show, word, flagged, believed, size, channel };
              assert.deepEqual(readState(writeState(state)), state);
            }
});

test("a range stays readable in the address", () => {
  assert.equal(writeState({ ...DEFAULTS, show: "0-63,100" }), "?show=0-63,100");
});

test("sorting by score puts the best first unless the address says otherwise", () => {
  assert.equal(readState("?sort=score").order, "down");
  assert.equal(readState("?sort=score&order=up").order, "up");
  assert.equal(writeState({ ...DEFAULTS, sort: "score", order: "down" }), "?sort=score");
  assert.equal(writeState({ ...DEFAULTS, sort: "score", order: "up" }), "?sort=score&order=up");
});

test("sorting by evidence puts the best first, too", () => {
  assert.equal(readState("?sort=evidence&believed=better").order, "down");
  assert.equal(writeState({ ...DEFAULTS, sort: "evidence", order: "down", believed: "better" }), "?sort=evidence&believed=better");
});

test("what an address names wrongly is as by default", () => {
  for (const search of ["?sort=size", "?order=sideways", "?size=xl", "?flagged=1", "?believed=1", "?other=1", "?%"])
    assert.deepEqual(readState(search), DEFAULTS);
  for (const channel of ["-1", "1e3", "x", "", "1.5", "99999999999999999999"])
    assert.equal(readState(`?channel=${channel}`).channel, null);
});
