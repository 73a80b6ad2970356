import assert from "node:assert/strict";
import { test } from "node:test";

import { channelMap, extremes, findPart, groupValue, needsMore, questions, readView, withMaps, withMore } from "../../../web/static/js/data/attribution-data.js";

const CELLS = 2; // one row of two
const ACTIVATION = [[3, 0, 1], [1, 2, 0]]; // of each cell
const WEIGHT = { 0: [1, -1, 0.5], 1: [-0.5, 2, 1], 2: [0, 1, -2] };

const packed = (values) => {
  const peak = Math.max(...values.map(Math.abs));
  const steps = Int16Array.from(values, (value) => Math.round((value / (peak || 1)) * 32767));
  return { peak, steps: Buffer.from(steps.buffer).toString("base64") };
};
const fine = (values) => {
  const peak = Math.max(...values.map(Math.abs));
  const steps = Int8Array.from(values, (value) => Math.round((value / (peak || 1)) * 127));
  return { peak: [peak], steps: Buffer.from(steps.buffer).toString("base64") };
};
const indices = (values) => Buffer.from(Uint8Array.from(values)).toString("base64");
const near = (values, expected, within = 1e-3) => {
  assert.equal(values.length, expected.length);
  for (const [index, value] of expected.entries()) assert.ok(Math.abs(values[index] - value) < within, `${values} is not ${expected}`);
};

/** What a linear head says; of each cell the channel that speaks most for the target, and against. */
function part(of, against) {
  const weight = WEIGHT[of].map((value, channel) => value - (against < 0 ? 0 : WEIGHT[against][channel]));
  const cells = ACTIVATION.map((values) => values.map((value, channel) => value * weight[channel]));
  const kept = cells.map((values) => [values.indexOf(Math.max(...values)), values.indexOf(Math.min(...values))]);
  const heatmap = cells.map((values) => values.reduce((one, other) => one + other));
  return {
    target: [of, against],
    logit: heatmap[0] + heatmap[1] + 0.25,
    total: heatmap[0] + heatmap[1],
    bias: 0.25,
    heatmap: packed(heatmap),
    channel: packed(weight.map((_, channel) => cells[0][channel] + cells[1][channel])),
    cell_channel: indices(kept.flat()),
    cell_value: fine(kept.flatMap((channels, cell) => channels.map((channel) => cells[cell][channel]))),
  };
}

const document = {
  format_version: 1, channels: 3, rows: 1, columns: CELLS, at_cut: true, linear: true,
  targets: [[1, 0], [1, -1], [0, -1], [1, 2]],
  names: { 0: "a", 1: "b", 2: "c" },
  parts: [part(1, 0)],
  active_channel: indices([0, 1]),
  active_value: fine([3, 2]),
  map_channel: [0],
  map_peak: [3],
  groups: { map: { peak: [1], steps: Buffer.from(Int8Array.of(127, 0).buffer).toString("base64") }, channel: [[0]], value: [[0.5], [1], [2], [3]] },
};
const more = { parts: [part(1, -1), part(0, -1), part(1, 2)] };
const view = withMore(readView(document), more);

test("what is packed is read with the numbers it was made of", () => {
  const own = findPart(view, null, null);
  assert.deepEqual([own.of, own.against], [1, 0]);
  near(own.heatmap, [-1.5 * 3 + 0.5, -1.5 + 6]);
  near(own.channel, [-6, 6, 0.5]);
  assert.deepEqual(own.cell(1).map(({ channel }) => channel), [1, 0]);
});

test("only what is not the network's own question needs more", () => {
  assert.equal(needsMore(view, null, null), false);
  assert.equal(needsMore(view, 1, 0), false);
  assert.equal(needsMore(view, 1, null), true);
});

test("what comes later is loaded for what it answers, and for nothing else", () => {
  const bare = readView(document);
  for (const of of [0, 1, 2, 3]) {
    for (const against of [null, 0, 1, 2, 3].filter((each) => each !== of)) {
      const isOwn = of === 1 && against === 0;
      assert.equal(needsMore(bare, of, against), !isOwn && findPart(view, of, against) !== null, `${of} ${against}`);
    }
  }
});

test("a pair that is not stored is the difference of its classes, in each channel of each cell", () => {
  const asked = findPart(view, 0, 1);
  near(asked.heatmap, [1.5 * 3 - 0.5, 1.5 - 6]);
  near(asked.channel, [6, -6, -0.5]);
  const values = Object.fromEntries(asked.cell(0).map(({ channel, value }) => [channel, value]));
  for (const [channel, value] of Object.entries(values))
    near([value], [ACTIVATION[0][channel] * (WEIGHT[0][channel] - WEIGHT[1][channel])], 0.05);
  assert.ok(Object.keys(values).length >= 2);
});

test("a pair of which only the other way round is stored is turned", () => {
  const asked = findPart(view, 2, 1);
  near(asked.heatmap, [0 * 3 - 2 - (-1.5 + 1), 2 - (-0.5 + 4)]);
  assert.equal(findPart(view, 2, 0), null);
});

test("what can be asked is what can be answered", () => {
  for (const [of, all] of questions(view)) for (const against of all) assert.ok(findPart(view, of, against), `${of} ${against}`);
  assert.deepEqual([...questions(view).keys()].sort(), [0, 1, 2]);
});

test("a channel whose map was not kept is seen where a cell names it", () => {
  const map = { map: { peak: [3], steps: Buffer.from(Int8Array.of(127, 42).buffer).toString("base64") } };
  const whole = channelMap(withMaps(view, map), 0);
  assert.equal(whole.isWhole, true);
  near(whole.values, [3, (42 / 127) * 3]);
  const parts = channelMap(view, 1);
  assert.equal(parts.isWhole, false);
  near(parts.values, [0, 2], 0.02);
});

test("extremes go from the largest to the lowest and leave out nothing's", () => {
  const all = [0, 5, -1, 2, -7, 1].map((value, channel) => ({ channel, value }));
  assert.deepEqual(extremes(all, 2).map(({ channel }) => channel), [1, 3, 2, 4]);
  assert.deepEqual(extremes(all, 9).map(({ value }) => value), [5, 2, 1, -1, -7]);
});

test("what a group adds to a pair of classes is the difference of what it adds to each", () => {
  const targets = [[0, 1], [0, null], [1, null], [2, null]];
  const group = { map: new Float32Array(), channels: [], side: 0, value: [3.5, 3, -0.5, 1] };
  const value = (of, against) => groupValue({ targets }, group, of, against);
  assert.equal(value(0, 1), 3.5);
  assert.equal(value(2, null), 1);
  assert.equal(value(2, 1), 1.5);
  assert.equal(value(1, 0), -3.5);
  assert.equal(value(4, 0), undefined);
});
