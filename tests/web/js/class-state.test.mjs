import assert from "node:assert/strict";
import { test } from "node:test";

import { readClass, writeClass } from "../../../web/static/js/state/class-state.js";

const VIEWS = ["net/cut/cut", "net/cut/stem"];

test("what is written is read again, and what is not there is as by default", () => {
  for (const view of ["", ...VIEWS])
    for (const against of [null, 0, 41])
      for (const node of ["", "cut/12", "mixed/cut/0"]) {
        const state = { view, against, node };
        assert.deepEqual(readClass(writeClass(state), VIEWS), state);
      }
  assert.equal(writeClass({ view: "", against: null, node: "" }), "");
  assert.equal(writeClass({ view: "", against: 2, node: "stem/3" }), "?against=2&node=stem/3");
  assert.deepEqual(readClass("?view=net/gone&against=-2&node=stem", VIEWS), { view: "", against: null, node: "" });
});
