import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, carried, readLook, writeLook } from "../../../web/static/js/state/attribution-state.js";

const VIEWS = ["net/cut/cut", "net/cut/stem", "other.net_2/b/b"];

test("an address without a state names the default, and the default needs no address", () => {
  assert.deepEqual(readLook("", VIEWS), DEFAULTS);
  assert.equal(writeLook(DEFAULTS), "");
});

test("what is written is read again", () => {
  for (const view of ["", ...VIEWS])
    for (const [of, against] of [[null, null], [0, null], [3, 0], [12, 7]])
      for (const by of ["attribution", "activation"])
        for (const over of ["heat", "channels", "groups", "none"])
          for (const at of [null, [0.5, 0.036], [0, 1]])
            for (const channel of [null, 0, 1999]) {
              const look = { view, beside: view, of, against, by, over, at, channel, other: channel, group: channel, node: channel ? `block3b_add/${channel}` : "" };
              assert.deepEqual(readLook(writeLook(look), VIEWS), look);
            }
});

test("addresses are short and read well", () => {
  const look = { ...DEFAULTS, view: VIEWS[1], of: 2, against: 0, at: [1 / 3, 0.5], channel: 57 };
  assert.equal(writeLook(look), "?view=net/cut/stem&of=2&against=0&at=0.333,0.5&channel=57");
});

test("what is wrong in an address, or a layer that is not there, is as by default", () => {
  const wrong = "?view=net/gone&beside=x&of=-1&against=2&by=x&over=all&at=2&channel=1.5&other=&group=1e3";
  assert.deepEqual(readLook(wrong, VIEWS), DEFAULTS);
  assert.deepEqual(readLook("?at=9,0.5", VIEWS).at, null);
  assert.deepEqual(readLook("?at=1.9,0.5", VIEWS).at, [1, 0.5]);
});

test("another photo is looked at in the same way, at no place of this one", () => {
  const look = { ...DEFAULTS, view: VIEWS[1], over: "groups", at: [0.1, 0.1], of: 1, group: 2, channel: 5, node: "stem/3" };
  assert.deepEqual(carried(look), { ...DEFAULTS, view: VIEWS[1], over: "groups", channel: 5 });
});
