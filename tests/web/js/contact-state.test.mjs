import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, arrangePhotos, readContact, writeContact } from "../../../web/static/js/state/contact-state.js";

const MARKS = { looked: new Set([1, 4, 5]), doubted: new Map([[1, 0], [2, 1]]) };
const CUTS = ["", "net/stem", "net/block1"];
const data = {
  format_version: 1,
  classes: ["a", "b"],
  label: [0, 1, 0, 1, 0, 1],
  predicted: [0, 0, 1, 1, -1, 1],
  probability: [900, 700, 800, 600, 0, 600],
  margin: [800, -400, -600, 200, 0, 200],
};

test("an address without a state names the default, and the default needs no address", () => {
  assert.deepEqual(readContact("", CUTS), DEFAULTS);
  assert.equal(writeContact(DEFAULTS), "");
});

test("what is written is read again", () => {
  for (const outcome of ["", "right", "wrong"])
    for (const label of [null, 0, 12])
      for (const sort of ["margin", "index", "doubt"])
        for (const order of ["up", "down"])
          for (const cut of CUTS) {
            const looked = label === 0 ? "only" : "";
            const doubted = label === 12 ? "only" : "";
            const state = { outcome, true: label, predicted: label, doubted, looked, sort, order, cut };
            assert.deepEqual(readContact(writeContact(state), CUTS), state);
          }
});

test("what is wrong in an address, or a cut that is not there, is as by default", () => {
  const address = "?outcome=x&true=-1&predicted=1e3&sort=name&order=left&cut=net/gone";
  assert.deepEqual(readContact(address, CUTS), DEFAULTS);
});

test("the surest mistakes come first, photos without a prediction last, whatever the order", () => {
  assert.deepEqual(arrangePhotos(DEFAULTS, data, MARKS), [2, 1, 3, 5, 0, 4]);
  assert.deepEqual(arrangePhotos({ ...DEFAULTS, order: "down" }, data, MARKS), [0, 3, 5, 1, 2, 4]);
  assert.deepEqual(arrangePhotos({ ...DEFAULTS, sort: "index", order: "down" }, data, MARKS), [5, 4, 3, 2, 1, 0]);
});

test("the surest doubt comes last, or first, and photos without a doubt after both", () => {
  const doubt = { ...DEFAULTS, sort: "doubt" };
  assert.deepEqual(arrangePhotos(doubt, data, MARKS), [2, 1, 0, 3, 4, 5]);
  assert.deepEqual(arrangePhotos({ ...doubt, order: "down" }, data, MARKS), [1, 2, 0, 3, 4, 5]);
  assert.deepEqual(arrangePhotos({ ...doubt, doubted: "only" }, data, MARKS), [2, 1]);
  assert.deepEqual(arrangePhotos({ ...doubt, doubted: "only", true: 1 }, data, MARKS), [1]);
});

test("filters are all met by what is shown", () => {
  assert.deepEqual(arrangePhotos({ ...DEFAULTS, outcome: "wrong" }, data, MARKS), [2, 1]);
  assert.deepEqual(arrangePhotos({ ...DEFAULTS, outcome: "right", true: 1 }, data, MARKS), [3, 5]);
  assert.deepEqual(arrangePhotos({ ...DEFAULTS, true: 0 }, data, MARKS), [2, 0, 4]);
  assert.deepEqual(arrangePhotos({ ...DEFAULTS, looked: "only" }, data, MARKS), [1, 5, 4]);
  assert.deepEqual(arrangePhotos({ ...DEFAULTS, predicted: 0 }, data, MARKS), [1, 0]);
});
