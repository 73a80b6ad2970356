/**
 * The state of a cut's page, and how it stands in the address. Pure: no page, no browser.
 *
 * @typedef {object} State
 * @property {number | null} true the class that the photos shown are of; null: any
 * @property {number | null} predicted the class that they are taken for; null: any
 * @property {"recall" | "name"} classes what the table of classes is sorted by
 */

import { readIndex } from "./address.js";

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({ true: null, predicted: null, classes: "recall" });

/**
 * The state that an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @returns {State}
 */
export function readState(search) {
  const named = new URLSearchParams(search);
  return {
    true: readIndex(named.get("true")),
    predicted: readIndex(named.get("predicted")),
    classes: named.get("classes") === "name" ? "name" : DEFAULTS.classes,
  };
}

/**
 * The address's part for a state, from "?" on; empty for the default.
 *
 * @param {State} state
 * @returns {string}
 */
export function writeState(state) {
  const named = new URLSearchParams();
  if (state.true !== null) named.set("true", String(state.true));
  if (state.predicted !== null) named.set("predicted", String(state.predicted));
  if (state.classes !== DEFAULTS.classes) named.set("classes", state.classes);
  const text = named.toString();
  return text && `?${text}`;
}
