import assert from "node:assert/strict";
import { test } from "node:test";

import { findRoads, findShared, readGraphs, scaleOf } from "../../../web/static/js/data/graph-data.js";

const layer = (held, channel, value, edges = [], carried = channel.map(() => 0)) => ({ held, channel, value, edges, carried });
const DOCUMENT = {
  layers: ["stem", "block", "cut"],
  graphs: [
    {
      label: 2,
      name: "glass",
      photos: 9,
      layers: [
        layer(0.5, [4, 1], [0.4, -0.2]),
        layer(0.25, [7, 3, 5], [0.3, 0.1, -0.6], [[0, 0, 0.2], [1, 0, -0.1], [1, 1, 0.05], [0, 2, -0.3]], [0.3, 0.2, 0.1]),
        layer(0.125, [9, 8], [1.5, -0.5], [[0, 0, 0.4], [2, 1, -0.6]], [0.5, 0.75]),
      ],
    },
    { label: 0, name: "paper", photos: 4, layers: [layer(0.5, [1, 2], [0.3, 0.1]), layer(0.25, [0], [0.2]), layer(0.1, [8, 9], [1, 0.5])] },
  ],
};

test("nodes know what comes into them, with its sign", () => {
  const [glass, paper] = readGraphs(DOCUMENT);
  assert.deepEqual([glass.name, glass.photos, paper.label], ["glass", 9, 0]);
  assert.deepEqual(glass.layers[1].nodes[0], { channel: 7, value: 0.3, carried: 0.3, from: [{ at: 0, value: 0.2 }, { at: 1, value: -0.1 }] });
  assert.deepEqual([glass.layers[2].name, glass.layers[2].held], ["cut", 0.125]);
  assert.deepEqual(glass.layers[0].nodes[1], { channel: 1, value: -0.2, carried: 0, from: [] });
});

test("the roads of a node lead to it and on from it, and no other way", () => {
  const [glass] = readGraphs(DOCUMENT);
  const sets = (all) => all.map((each) => [...each].sort());
  const middle = findRoads(glass, "block/5");
  assert.deepEqual([sets(middle.before), sets(middle.after)], [[[0], [2], []], [[], [2], [1]]]);
  const first = findRoads(glass, "stem/4");
  assert.deepEqual([sets(first.before), sets(first.after)], [[[0], [], []], [[0], [0, 2], [0, 1]]]);
  const last = findRoads(glass, "cut/9");
  assert.deepEqual([sets(last.before), sets(last.after)], [[[0, 1], [0], [0]], [[], [], [0]]]);
  assert.equal(findRoads(glass, "block/9"), null);
  assert.equal(findRoads(glass, ""), null);
});

test("two graphs share channels of the same layer", () => {
  const [glass, paper] = readGraphs(DOCUMENT);
  assert.deepEqual(findShared(glass, paper), [new Set([1]), new Set(), new Set([9, 8])]);
});

test("the scale is the most that a node gives, and lines have a width where none gives anything", () => {
  assert.equal(scaleOf(readGraphs(DOCUMENT)[0].layers[1].nodes), 0.6);
  const [idle] = readGraphs({ layers: ["cut"], graphs: [{ label: 0, name: "glass", photos: 1, layers: [layer(0, [4, 1], [0, 0])] }] });
  assert.equal(idle.layers[0].nodes[0].value / scaleOf(idle.layers[0].nodes), 0);
});
