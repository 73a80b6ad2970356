/**
 * What is looked at of a map, and how it stands in the address. Pure: no page, no browser.
 *
 * @typedef {object} MapState
 * @property {number | null} label the class that cells are to speak for; null: any
 * @property {number | null} against the class that it is compared with; null: none
 * @property {string} colour by what cells are coloured: "", "class", "wrong" or "count"
 * @property {number} zoom how much wider the map is than its window, 1 to `CLOSEST`
 * @property {number} x the middle of the window on the map, 0 to 1, to the right
 * @property {number} y the same, down
 * @property {Chosen | null} cell the cell that is chosen
 * @property {Area | null} area the part whose photos are shown
 * @property {number | null} photo whose places are marked
 *
 * @typedef {object} Chosen
 * @property {number} side of its grid
 * @property {number} row
 * @property {number} column
 *
 * @typedef {import("../data/map-view.js").Area} Area
 */

import { readIndex } from "./address.js";

export const CLOSEST = 64;
const COLOURS = ["class", "wrong", "count"];

/** @type {MapState} */
export const WHOLE = { label: null, against: null, colour: "", zoom: 1, x: 0.5, y: 0.5, cell: null, area: null, photo: null };

/**
 * What an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @returns {MapState}
 */
export function readMap(search) {
  const named = new URLSearchParams(search);
  const label = readIndex(named.get("class"));
  return {
    label,
    against: label === null ? null : readIndex(named.get("against")),
    colour: COLOURS.find((colour) => colour === named.get("colour")) ?? "",
    zoom: within(named.get("zoom"), 1, CLOSEST, 1),
    x: within(named.get("x"), 0, 1, 0.5),
    y: within(named.get("y"), 0, 1, 0.5),
    cell: readCell(named.get("cell")),
    area: readArea(named.get("area")),
    photo: readIndex(named.get("photo")),
  };
}

/**
 * The address's part for a state, from "?" on; empty for the default.
 *
 * @param {MapState} state
 */
export function writeMap({ label, against, colour, zoom, x, y, cell, area, photo }) {
  const named = new URLSearchParams();
  if (label !== null) named.set("class", String(label));
  if (against !== null) named.set("against", String(against));
  if (colour) named.set("colour", colour);
  if (zoom > 1) {
    named.set("zoom", short(zoom));
    named.set("x", short(x));
    named.set("y", short(y));
  }
  if (cell) named.set("cell", `${cell.side}-${cell.row}-${cell.column}`);
  if (area) named.set("area", [area.left, area.top, area.right, area.bottom].map(short).join("-"));
  if (photo !== null) named.set("photo", String(photo));
  const text = named.toString();
  return text && `?${text}`;
}

/**
 * What of a state holds for the map of another layer: all but the cell, which is this one's.
 *
 * @param {MapState} state
 * @returns {MapState}
 */
export function carried(state) {
  return { ...state, cell: null };
}

/** @param {string | null} text */
function readCell(text) {
  const match = /^(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(text ?? "");
  if (!match) return null;
  const [side = 0, row = 0, column = 0] = match.slice(1).map(Number);
  return row < side && column < side ? { side, row, column } : null;
}

/** @param {string | null} text */
function readArea(text) {
  const ends = text?.split("-").map((end) => within(end, 0, 1, NaN)) ?? [];
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = ends;
  return ends.length === 4 && left < right && top < bottom ? { left, top, right, bottom } : null;
}

/**
 * @param {string | null} text
 * @param {number} low
 * @param {number} high
 * @param {number} otherwise
 */
function within(text, low, high, otherwise) {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return value >= low && value <= high ? value : otherwise;
}

/** @param {number} value */
function short(value) {
  return String(Math.round(value * 10000) / 10000);
}
