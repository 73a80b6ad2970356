import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, readState, writeState } from "../../../web/static/js/state/cut-state.js";

test("an address without a state names the default, and the default needs no address", () => {
  assert.deepEqual(readState(""), DEFAULTS);
  assert.equal(writeState(DEFAULTS), "");
});

test("a cell stands in the address, class 0 too", () => {
  assert.equal(writeState({ true: 2, predicted: 4, classes: "recall" }), "?true=2&predicted=4");
  assert.equal(writeState({ true: 0, predicted: null, classes: "name" }), "?true=0&classes=name");
});

test("what is written is read again", () => {
  for (const one of [null, 0, 299])
    for (const other of [null, 0, 7])
      for (const classes of ["recall", "name"]) {
        const state = { true: one, predicted: other, classes };
        assert.deepEqual(readState(writeState(state)), state);
      }
});

test("what is no class is none", () => {
  for (const wrong of ["-1", "x", "1.5", "", "1e3", "99999999999", "0x1"])
    assert.deepEqual(readState(`?true=${wrong}&predicted=${wrong}&classes=${wrong}&other=1`), DEFAULTS);
});
