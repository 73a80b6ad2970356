import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, readRanges } from "../../../web/static/js/state/channel-order.js";
import { DEFAULTS } from "../../../web/static/js/state/layer-state.js";

const data = {
  format_version: 1,
  model: "m",
  layer: "l",
  channels: 6,
  score: [2.5, -1, null, 9, 2.5, 0],
  reason: ["", "", "none yet", "dead", "", "grey"],
  evidence: null,
  words: null,
};
const arranged = (changes) => arrange({ ...DEFAULTS, ...changes }, data);
const named = (text, count) => [...readRanges(text, count).channels];

test("numbers and ranges name channels", () => {
  assert.deepEqual(named("0-2,5", 10), [0, 1, 2, 5]);
  assert.deepEqual(named(" 3 - 4 , 1 ,", 10), [3, 4, 1]);
  assert.deepEqual(named("3–4", 10), [3, 4]);
  assert.deepEqual(named("8-99", 10), [8, 9]);
  assert.deepEqual(named("12", 10), []);
  assert.deepEqual(named("4-2", 10), []);
  assert.deepEqual(named("2,2,1-2", 10), [2, 1]);
  assert.deepEqual(named("", 3), [0, 1, 2]);
});

test("a part that is neither is told, and nothing is hidden for it", () => {
  for (const wrong of ["x", "-3", "1-2-3", "1.5", "0x1"]) {
    assert.equal(readRanges(`0,${wrong}`, 4).wrong, wrong);
    assert.deepEqual(named(`0,${wrong}`, 4), [0, 1, 2, 3]);
  }
});

test("by number, up and down", () => {
  assert.deepEqual(arranged({}), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(arranged({ order: "down" }), [5, 4, 3, 2, 1, 0]);
});

test("by score: equal ones by number, those without one last both ways", () => {
  assert.deepEqual(arranged({ sort: "score", order: "down" }), [3, 0, 4, 5, 1, 2]);
  assert.deepEqual(arranged({ sort: "score", order: "up" }), [1, 5, 0, 4, 3, 2]);
});

test("flagged channels can be hidden; one not rendered yet keeps its place", () => {
  assert.deepEqual(arranged({ flagged: "hide" }), [0, 1, 2, 4]);
  const chance = { ...data, reason: data.reason.with(4, "chance") };
  assert.deepEqual(arrange({ ...DEFAULTS, flagged: "hide" }, chance), [0, 1, 2]);
});

test("a filter and an order go together", () => {
  assert.deepEqual(arranged({ show: "3-5,1", sort: "score", order: "down" }), [3, 4, 5, 1]);
});

test("by evidence, and only what is better than chance; without any all stay, by number", () => {
  const evidence = {
    observer: "o",
    trials: 40,
    picture: [0.5, 0.9, null, null, 0.7, null],
    crops: [0.9, 0.9, 0.9, 0.9, 0.9, null],
    better_than_chance: [false, true, false, false, true, false],
  };
  const judged = { ...data, evidence };
  const state = { ...DEFAULTS, sort: "evidence", order: "down" };
  assert.deepEqual(arrange(state, judged), [1, 4, 0, 2, 3, 5]);
  assert.deepEqual(arrange({ ...state, believed: "better" }, judged), [1, 4]);
  assert.deepEqual(arrange({ ...state, believed: "better" }, data), [0, 1, 2, 3, 4, 5]);
});

test("only channels with a word that has the text; without any words all stay", () => {
  const named = { ...data, words: [["Dog", "cat"], ["hot dog"], [], ["cat"], [], []] };
  assert.deepEqual(arrange({ ...DEFAULTS, word: "dog" }, named), [0, 1]);
  assert.deepEqual(arrange({ ...DEFAULTS, word: "T D" }, named), [1]);
  assert.deepEqual(arrange({ ...DEFAULTS, word: "fish" }, named), []);
  assert.deepEqual(arrange({ ...DEFAULTS, word: "" }, named), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(arrange({ ...DEFAULTS, word: "dog" }, data), [0, 1, 2, 3, 4, 5]);
});
