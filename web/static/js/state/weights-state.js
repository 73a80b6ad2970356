/**
 * What is looked at of the weights between two cuts, and how it stands in the address. Pure: no
 * page, no browser.
 *
 * @typedef {object} WeightsState
 * @property {number | null} input the channel of the cut before that is looked at; null: not chosen
 * @property {number | null} output the same of the layer
 * @property {number} zoom how much larger the picture is than what fits its window, from 1
 */

import { readIndex } from "./address.js";

const CLOSEST = 1024;

/**
 * What an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @returns {WeightsState}
 */
export function readWeights(search) {
  const named = new URLSearchParams(search);
  const input = readIndex(named.get("input"));
  const output = readIndex(named.get("output"));
  const zoom = Number(named.get("zoom") ?? 1);
  const isCell = input !== null && output !== null;
  return { input: isCell ? input : null, output: isCell ? output : null, zoom: zoom >= 1 && zoom <= CLOSEST ? zoom : 1 };
}

/**
 * The address's part for a state, from "?" on; empty for the default.
 *
 * @param {WeightsState} state
 */
export function writeWeights({ input, output, zoom }) {
  const named = new URLSearchParams();
  if (input !== null && output !== null) {
    named.set("input", String(input));
    named.set("output", String(output));
  }
  if (zoom > 1) named.set("zoom", String(Math.round(zoom * 100) / 100));
  const text = named.toString();
  return text && `?${text}`;
}
