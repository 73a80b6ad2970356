/**
 * How the cells of a map look for what is asked: where, how large, how faint and of which colour.
 * Pure: no page.
 *
 * @typedef {object} Look lists with an entry a cell
 * @property {boolean} isPlane whether cells lie between two classes, not as on the map
 * @property {number} full the side of the largest cell, as a share of the map
 * @property {(number | null)[]} x the middle, 0 to 1; null: not shown
 * @property {number[]} y
 * @property {number[]} side as a share of the map
 * @property {number[]} opacity
 * @property {(string | null)[]} mark the colour laid over it; null: none
 * @property {number} veil how much of the pictures is hidden before, so that marks stand out, 0 to 1
 *
 * @typedef {import("./map-grid.js").GridDocument} GridDocument
 * @typedef {import("./map-grid.js").ClassesDocument} ClassesDocument
 * @typedef {Pick<import("../state/map-state.js").MapState, "label" | "against" | "colour">} Asked
 */

import { betweenClasses, givenTo, labelOf } from "./map-grid.js";

const SMALLEST = 0.45; // of a cell's side, where least lies
const FAINTEST = 0.15; // opacity of a cell that does not speak for the class
const CLOSER = 1.6; // how much smaller cells are between two classes, where they lie over each other
const VEIL = 0.6;
const WRONG = "214 40 20";
const COUNT = "8 105 92";
const STRONGEST = 0.85; // opacity of such a mark
const TINT = "8c"; // of a class's, 0.55
const OTHER = "#808080"; // of classes that have no colour of their own
const COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#bcbd22", "#ffd92f", "#3b3b98", "#006d4b"];

/**
 * @param {GridDocument} grid
 * @param {Asked} asked
 * @param {ClassesDocument | null} classes null where no class is asked for
 * @param {number[]} coloured the classes that have a colour
 * @returns {Look}
 */
export function lookOf(grid, asked, classes, coloured) {
  const values = valuesOf(grid, asked, classes);
  const plane = values && asked.against !== null ? betweenClasses(values) : null;
  const full = 1 / grid.side / (plane ? CLOSER : 1);
  const inset = (/** @type {number} */ at) => full / 2 + at * (1 - full); // none is cut off at the ends
  const crowded = quantile(grid.count, 0.9);
  const peak = quantile((values ?? []).flatMap((value) => (value !== null && value > 0 ? [value] : [])), 0.95);
  const most = grid.count.reduce((one, other) => Math.max(one, other), 1);
  return {
    veil: asked.colour === "wrong" || asked.colour === "count" ? VEIL : 0,
    isPlane: plane !== null,
    full,
    x: plane ? plane.map((place) => place && inset(place.x)) : grid.column.map((column) => (column + 0.5) / grid.side),
    y: plane ? plane.map((place) => (place ? inset(place.y) : 0)) : grid.row.map((row) => (row + 0.5) / grid.side),
    side: grid.count.map((count) => full * Math.max(SMALLEST, Math.min(1, Math.sqrt(count / crowded)))),
    opacity: grid.row.map((_, cell) =>
      values && !plane ? FAINTEST + (1 - FAINTEST) * Math.min(1, Math.max(0, values[cell] ?? 0) / peak) : 1,
    ),
    mark: grid.row.map((_, cell) => markOf(grid, cell, asked.colour, coloured, most)),
  };
}

/**
 * What the colours say: each with its words.
 *
 * @param {GridDocument} grid
 * @param {string} colour by what cells are coloured
 * @param {number[]} coloured the classes that have a colour
 * @returns {{ colour: string, words: string }[]}
 */
export function legendOf(grid, colour, coloured) {
  if (colour === "wrong") return [{ colour: `rgb(${WRONG})`, words: "all of photos taken for a wrong class; the fainter, the fewer" }];
  if (colour === "count") {
    const most = grid.count.reduce((one, other) => Math.max(one, other), 0);
    return [{ colour: `rgb(${COUNT})`, words: `${most} places; the fainter, the fewer` }];
  }
  if (colour !== "class") return [];
  const there = new Set(grid.row.map((_, cell) => labelOf(grid, cell)));
  const named = coloured.filter((label) => there.has(label)).map((label) => ({ colour: colourOf(label, coloured), words: grid.names[String(label)] ?? "" }));
  const others = [...there].some((label) => label >= 0 && !coloured.includes(label));
  return others ? [...named, { colour: OTHER, words: "other classes" }] : named;
}

/**
 * @param {GridDocument} grid
 * @param {Asked} asked
 * @param {ClassesDocument | null} classes
 */
function valuesOf(grid, { label, against }, classes) {
  if (label === null || !classes) return null;
  const own = givenTo(grid, classes, label);
  if (against === null) return own;
  const other = givenTo(grid, classes, against);
  return own.map((value, cell) => {
    if (value === null && (other[cell] ?? null) === null) return null;
    const [plus, minus] = [value ?? classes.rest, other[cell] ?? classes.rest];
    return plus === null || minus === null ? null : plus - minus;
  });
}

/**
 * @param {number} label
 * @param {number[]} coloured
 */
function colourOf(label, coloured) {
  return COLOURS[coloured.indexOf(label)] ?? OTHER;
}

/**
 * @param {GridDocument} grid
 * @param {number} cell
 * @param {string} colour
 * @param {number[]} coloured
 * @param {number} most
 */
function markOf(grid, cell, colour, coloured, most) {
  if (colour === "class") {
    const label = labelOf(grid, cell);
    return label < 0 ? null : `${colourOf(label, coloured)}${TINT}`;
  }
  if (colour === "wrong") return grid.wrong[cell] ? `rgb(${WRONG} / ${(grid.wrong[cell] ?? 0) * STRONGEST})` : null;
  if (colour === "count") return `rgb(${COUNT} / ${((grid.count[cell] ?? 0) / most) * STRONGEST})`;
  return null;
}

/**
 * @param {number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  return [...values].sort((one, other) => one - other)[Math.floor(share * (values.length - 1))] ?? 1;
}
