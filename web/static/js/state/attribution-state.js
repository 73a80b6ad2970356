/**
 * What is looked at in a photo, and how it stands in the address. Pure: no page, no browser.
 *
 * @typedef {object} Look
 * @property {string} view the layer, as "model/cut/layer"; empty: the first
 * @property {string} beside the layer shown beside it; empty: none
 * @property {number | null} of the class asked for; null: as the network decides
 * @property {number | null} against the class that is taken from it; null: none
 * @property {"attribution" | "activation"} by what the channels of a cell are ordered by
 * @property {"heat" | "channels" | "groups" | "none"} over what is drawn over the photo
 * @property {[number, number] | null} at the place of the cell chosen: how far down, and across, 0..1
 * @property {number | null} channel whose map is drawn, of the layer of `view`
 * @property {number | null} other the same, of the layer beside
 * @property {number | null} group the neuron group that is drawn alone
 * @property {string} node of the graph the channel whose roads are shown, as "layer/channel"; empty: all
 */

import { readIndex, readNode } from "./address.js";

/** @type {Look["over"][]} */
export const OVER = ["heat", "channels", "groups", "none"];

/** @type {Readonly<Look>} */
export const DEFAULTS = Object.freeze({
  view: "",
  beside: "",
  of: null,
  against: null,
  by: "attribution",
  over: "heat",
  at: null,
  channel: null,
  other: null,
  group: null,
  node: "",
});

/**
 * What an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @param {string[]} views those there are
 * @returns {Look}
 */
export function readLook(search, views) {
  const named = new URLSearchParams(search);
  const over = OVER.find((each) => each === named.get("over"));
  const at = /^([01]\.?\d{0,4}),([01]\.?\d{0,4})$/.exec(named.get("at") ?? "");
  const of = readIndex(named.get("of"));
  return {
    view: views.find((view) => view === named.get("view")) ?? DEFAULTS.view,
    beside: views.find((view) => view === named.get("beside")) ?? DEFAULTS.beside,
    of,
    against: of === null ? null : readIndex(named.get("against")),
    by: named.get("by") === "activation" ? "activation" : DEFAULTS.by,
    over: over ?? DEFAULTS.over,
    at: at ? [Math.min(1, Number(at[1])), Math.min(1, Number(at[2]))] : null,
    channel: readIndex(named.get("channel")),
    other: readIndex(named.get("other")),
    group: readIndex(named.get("group")),
    node: readNode(named.get("node")),
  };
}

/**
 * The address's part for what is looked at, from "?" on; empty for the default.
 *
 * @param {Look} look
 * @returns {string}
 */
export function writeLook(look) {
  const named = new URLSearchParams();
  if (look.view) named.set("view", look.view);
  if (look.beside) named.set("beside", look.beside);
  if (look.of !== null) named.set("of", String(look.of));
  if (look.of !== null && look.against !== null) named.set("against", String(look.against));
  if (look.by !== DEFAULTS.by) named.set("by", look.by);
  if (look.over !== DEFAULTS.over) named.set("over", look.over);
  if (look.at !== null) named.set("at", look.at.map((share) => String(Number(share.toFixed(3)))).join(","));
  if (look.channel !== null) named.set("channel", String(look.channel));
  if (look.other !== null) named.set("other", String(look.other));
  if (look.group !== null) named.set("group", String(look.group));
  if (look.node) named.set("node", look.node);
  const text = named.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text && `?${text}`;
}

/**
 * What goes along to the page of another photo: all but what only this one has.
 *
 * @param {Look} look
 * @returns {Look}
 */
export function carried(look) {
  return { ...look, of: null, against: null, at: null, group: null, node: "" };
}
