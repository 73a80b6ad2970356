import assert from "node:assert/strict";
import { test } from "node:test";

import { chosenCuts, presetModels } from "../../../../web/static/js/workbench/models/model-presets.js";

const row = (name, gflops, parameters, top1) => ({
  name,
  source: "",
  family: "",
  here: true,
  values: new Map(Object.entries({ gflops, parameters, top1 }).filter(([, value]) => value !== undefined)),
});
const ROWS = [row("large", 20, 90e6, 85), row("small", 0.3, 2e6, 70), row("middle", 1, 5e6, 76), row("heavy", 1.5, 20e6, 80), row("mine"), row("tiny", 0.1, 1e6, 60), row("phone", 2, 8e6, 77)];

test("presets choose by cost and accuracy", () => {
  assert.deepEqual(presetModels("quick", ROWS), ["tiny"]);
  assert.deepEqual(presetModels("phone", ROWS), ["phone", "middle", "small"]);
  assert.deepEqual(presetModels("accurate", ROWS), ["large", "heavy", "phone"]);
});

test("presets choose what there is", () => {
  assert.deepEqual(presetModels("accurate", [row("mine")]), ["mine"]);
  assert.deepEqual(presetModels("phone", [row("large", 20, 90e6, 85)]), []);
  assert.deepEqual(presetModels("quick", []), []);
});

test("cuts along depth", () => {
  const cuts = [["a", "2"], ["b", "2"], ["c", "4"], ["d", "8"], ["e", "8"]].map(([name, stride]) => ({ name, stride }));
  assert.deepEqual(chosenCuts("stages", cuts), ["b", "c", "e"]);
  assert.deepEqual(chosenCuts("deep", cuts), ["c", "d", "e"]);
  assert.deepEqual(chosenCuts("none", cuts), []);
});
