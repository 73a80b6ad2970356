/**
 * A layer of a photo as its JSON has it, and what is asked of it. Pure: no page, no browser.
 *
 * @typedef {object} Part what speaks for a target
 * @property {number} of the class
 * @property {number | null} against the class taken from it; null: none
 * @property {number} logit of the class, or the difference of the two
 * @property {number} total the sum of all attribution
 * @property {number} bias
 * @property {Float32Array} heatmap one value a cell, row by row
 * @property {Float32Array} channel one value a channel
 * @property {(cell: number) => Entry[]} cell the channels kept of a cell
 *
 * @typedef {object} Entry
 * @property {number} channel
 * @property {number} value
 * @property {number} [low] the lower end of its spread over photos, where it has one
 * @property {number} [high]
 *
 * @typedef {object} Group a neuron group
 * @property {Float32Array} map one value a cell, 0..1
 * @property {number[]} channels the strongest of it
 * @property {number} side of its picture, which lies beside the JSON; 0: it has none
 * @property {number[]} value its attribution to each stored target, in order
 *
 * @typedef {object} View
 * @property {number} rows
 * @property {number} columns
 * @property {number} channels
 * @property {boolean} isExact whether what is kept of two classes tells of their difference too
 * @property {[number, number | null][]} targets stored; the first is the network's own
 * @property {Map<number, string>} names of the classes
 * @property {Part[]} parts those that have come, in the order of `targets`
 * @property {(cell: number) => Entry[]} active the most active channels of a cell
 * @property {number} activePeak the strongest activation kept
 * @property {Map<number, number>} peaks the strongest activation of the channels that matter most
 * @property {Map<number, Float32Array>} maps the activation of those, one value a cell, when loaded
 * @property {Group[]} groups
 */

import { unpack, unpackFine, unpackIndices } from "./unpacking.js";

/**
 * @param {any} document `view.json`
 * @returns {View}
 */
export function readView(document) {
  const cells = document.rows * document.columns;
  const { channels } = document;
  const active = { channel: unpackIndices(document.active_channel, channels), value: rowOf(document.active_value) };
  const groups = unpackFine(document.groups.map);
  return {
    rows: document.rows,
    columns: document.columns,
    channels,
    isExact: document.at_cut && document.linear,
    targets: document.targets.map(readTarget),
    names: new Map(Object.entries(document.names).map(([index, name]) => [Number(index), name])),
    parts: document.parts.map((/** @type {any} */ part) => readPart(part, cells, channels)),
    active: (cell) => entries(active, cell, cells).filter(({ value }) => value !== 0),
    activePeak: document.active_value.peak[0],
    peaks: new Map(document.map_channel.map((/** @type {number} */ channel, /** @type {number} */ row) => [channel, document.map_peak[row]])),
    maps: new Map(),
    groups: groups.map((map, index) => ({
      map,
      channels: document.groups.channel[index],
      side: document.groups.side,
      value: document.groups.value.map((/** @type {number[]} */ row) => row[index]),
    })),
  };
}

/**
 * The view with the targets that were not loaded at first.
 *
 * @param {View} view
 * @param {any} document `more.json`
 * @returns {View}
 */
export function withMore(view, document) {
  const rest = document.parts.map((/** @type {any} */ part) => readPart(part, view.rows * view.columns, view.channels));
  return { ...view, parts: [...view.parts.slice(0, 1), ...rest] };
}

/**
 * The view with the maps that were not loaded at first.
 *
 * @param {View} view
 * @param {any} document `maps.json`
 * @returns {View}
 */
export function withMaps(view, document) {
  const maps = unpackFine(document.map);
  return { ...view, maps: new Map([...view.peaks.keys()].map((channel, row) => [channel, maps[row] ?? new Float32Array()])) };
}

/**
 * Whether the answer lies in what was not loaded at first.
 *
 * @param {View} view
 * @param {number | null} of
 * @param {number | null} against
 */
export function needsMore(view, of, against) {
  const first = view.targets[0];
  if (of === null || (first && first[0] === of && first[1] === against)) return false;
  return questions(view).get(of)?.includes(against) ?? false;
}

/**
 * What speaks for a class, or for one minus another: as stored, or the difference of what is stored
 * of the two, or the other way round. Null if neither is.
 *
 * @param {View} view
 * @param {number | null} of null: the network's own target
 * @param {number | null} against
 * @returns {Part | null}
 */
export function findPart(view, of, against) {
  if (of === null) return view.parts[0] ?? null;
  const stored = view.parts.find((part) => part.of === of && part.against === against);
  if (stored || against === null) return stored ?? null;
  const one = view.parts.find((part) => part.of === of && part.against === null);
  const other = view.parts.find((part) => part.of === against && part.against === null);
  if (one && other) return subtract(one, other, view.isExact);
  const turned = view.parts.find((part) => part.of === against && part.against === of);
  return turned ? negate(turned, of, against) : null;
}

/**
 * What a neuron group adds to a class, or to one minus another; undefined if that was not kept.
 *
 * @param {View} view
 * @param {Group} group
 * @param {number} of
 * @param {number | null} against
 */
export function groupValue(view, group, of, against) {
  const kept = (/** @type {number} */ one, /** @type {number | null} */ other) =>
    group.value[view.targets.findIndex((target) => target[0] === one && target[1] === other)];
  const stored = kept(of, against);
  if (stored !== undefined || against === null) return stored;
  const [one, other] = [kept(of, null), kept(against, null)];
  return one === undefined || other === undefined ? undefined : one - other;
}

/**
 * The classes that can be asked for, and against which each.
 *
 * @param {View} view
 * @returns {Map<number, (number | null)[]>}
 */
export function questions(view) {
  const singles = view.targets.filter(([, against]) => against === null).map(([of]) => of);
  /** @type {Map<number, Set<number | null>>} */
  const found = new Map();
  const add = (/** @type {number} */ of, /** @type {number | null} */ against) => {
    if (of === against) return;
    const known = found.get(of) ?? new Set();
    known.add(against);
    found.set(of, known);
  };
  for (const of of singles) for (const against of [null, ...singles]) add(of, against);
  for (const [of, against] of view.targets) {
    add(of, against);
    if (against !== null) add(against, of);
  }
  return new Map([...found].map(([of, against]) => [of, [...against]]));
}

/**
 * The largest values above 0 and the lowest below it, as a list from the one end to the other.
 *
 * @param {Entry[]} all
 * @param {number} count of each
 * @returns {Entry[]}
 */
export function extremes(all, count) {
  const sorted = [...all].sort((one, other) => other.value - one.value || one.channel - other.channel);
  const most = sorted.filter(({ value }) => value > 0).slice(0, count);
  const least = sorted.filter(({ value }) => value < 0).slice(-count);
  return [...most, ...least];
}

/**
 * @param {Float32Array} values one a channel
 * @returns {Entry[]}
 */
export function entriesOf(values) {
  return Array.from(values, (value, channel) => ({ channel, value }));
}

/**
 * Where a channel is active: its whole map if that was kept, else only the cells that name it.
 *
 * @param {View} view
 * @param {number} channel
 * @returns {{ values: Float32Array, isWhole: boolean }}
 */
export function channelMap(view, channel) {
  const whole = view.maps.get(channel);
  if (whole) return { values: whole, isWhole: true };
  const values = new Float32Array(view.rows * view.columns);
  for (const cell of values.keys()) {
    const entry = view.active(cell).find((each) => each.channel === channel);
    if (entry) values[cell] = entry.value;
  }
  return { values, isWhole: false };
}

/**
 * The largest absolute value; 0 of none.
 *
 * @param {Iterable<number>} values
 */
export function peakOf(values) {
  let peak = 0;
  for (const value of values) peak = Math.max(peak, Math.abs(value));
  return peak;
}

/**
 * @param {[number, number]} target
 * @returns {[number, number | null]}
 */
function readTarget([of, minus]) {
  return [of, minus < 0 ? null : minus];
}

/**
 * @param {any} part
 * @param {number} cells
 * @param {number} channels
 * @returns {Part}
 */
function readPart(part, cells, channels) {
  const [of, against] = readTarget(part.target);
  const kept = { channel: unpackIndices(part.cell_channel, channels), value: rowOf(part.cell_value) };
  return {
    of,
    against,
    logit: part.logit,
    total: part.total,
    bias: part.bias,
    heatmap: unpack(part.heatmap),
    channel: unpack(part.channel),
    cell: (cell) => distinct(entries(kept, cell, cells)),
  };
}

/**
 * @param {{ channel: Uint8Array | Uint16Array, value: Float32Array }} kept
 * @param {number} cell
 * @param {number} cells
 * @returns {Entry[]}
 */
function entries({ channel, value }, cell, cells) {
  const count = channel.length / cells;
  return Array.from({ length: count }, (_, index) => ({
    channel: channel[cell * count + index] ?? 0,
    value: value[cell * count + index] ?? 0,
  }));
}

/** What was packed as one row. @param {import("./unpacking.js").PackedFine} packed */
function rowOf(packed) {
  return unpackFine(packed)[0] ?? new Float32Array();
}

/** @param {Entry[]} all */
function distinct(all) {
  return [...new Map(all.map((entry) => [entry.channel, entry])).values()];
}

/**
 * What speaks for one class minus another. Attribution is linear in the target. Of a channel that a
 * cell keeps for one class only, that to the other follows where the head is linear and reads the
 * layer: both are its activation times a weight, everywhere in the photo.
 *
 * @param {Part} one
 * @param {Part} other
 * @param {boolean} isExact
 * @returns {Part}
 */
function subtract(one, other, isExact) {
  return {
    of: one.of,
    against: other.of,
    logit: one.logit - other.logit,
    total: one.total - other.total,
    bias: one.bias - other.bias,
    heatmap: one.heatmap.map((value, cell) => value - (other.heatmap[cell] ?? 0)),
    channel: one.channel.map((value, channel) => value - (other.channel[channel] ?? 0)),
    cell: (cell) => {
      const [mine, theirs] = [one, other].map((part) => new Map(part.cell(cell).map((entry) => [entry.channel, entry.value])));
      const found = [];
      for (const channel of new Set([...(mine?.keys() ?? []), ...(theirs?.keys() ?? [])])) {
        const first = mine?.get(channel) ?? follow(theirs?.get(channel), other, one, channel, isExact);
        const second = theirs?.get(channel) ?? follow(mine?.get(channel), one, other, channel, isExact);
        if (first !== undefined && second !== undefined) found.push({ channel, value: first - second });
      }
      return found;
    },
  };
}

/**
 * @param {number | undefined} value of the channel in a cell, for `from`
 * @param {Part} from
 * @param {Part} to
 * @param {number} channel
 * @param {boolean} isExact
 */
function follow(value, from, to, channel, isExact) {
  const whole = from.channel[channel];
  if (!isExact || value === undefined || !whole) return undefined;
  return (value * (to.channel[channel] ?? 0)) / whole;
}

/**
 * @param {Part} part
 * @param {number} of
 * @param {number} against
 * @returns {Part}
 */
function negate(part, of, against) {
  return {
    of,
    against,
    logit: -part.logit,
    total: -part.total,
    bias: -part.bias,
    heatmap: part.heatmap.map((value) => -value),
    channel: part.channel.map((value) => -value),
    cell: (cell) => part.cell(cell).map(({ channel, value }) => ({ channel, value: -value })),
  };
}
