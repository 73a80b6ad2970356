/**
 * What is looked at of a class, and how it stands in the address. Pure: no page, no browser.
 *
 * @typedef {object} ClassState
 * @property {string} view the layer, as "model/cut/layer"; empty: the first
 * @property {number | null} against the class that it is compared with; null: none
 * @property {string} node of the graph the channel whose roads are shown, as "layer/channel"; empty: all
 */

import { readIndex, readNode } from "./address.js";

/**
 * What an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @param {string[]} views those there are
 * @returns {ClassState}
 */
export function readClass(search, views) {
  const named = new URLSearchParams(search);
  return {
    view: views.find((view) => view === named.get("view")) ?? "",
    against: readIndex(named.get("against")),
    node: readNode(named.get("node")),
  };
}

/**
 * The address's part for a state, from "?" on; empty for the default.
 *
 * @param {ClassState} state
 */
export function writeClass({ view, against, node }) {
  const named = new URLSearchParams();
  if (view) named.set("view", view);
  if (against !== null) named.set("against", String(against));
  if (node) named.set("node", node);
  const text = named.toString().replaceAll("%2F", "/");
  return text && `?${text}`;
}
