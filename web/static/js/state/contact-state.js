/**
 * The contact sheet: what it shows, in which order, and how that stands in the address. Pure: no
 * page, no browser.
 *
 * @typedef {object} Contact
 * @property {"" | "right" | "wrong"} outcome of the photos shown; empty: any
 * @property {number | null} true the class that they are of; null: any
 * @property {number | null} predicted the class that they are taken for; null: any
 * @property {"" | "only"} doubted whether only photos are shown whose label the heads doubt
 * @property {"" | "only"} looked whether only photos are shown in which it is known what the network looks at
 * @property {"margin" | "index" | "doubt"} sort
 * @property {"up" | "down"} order
 * @property {string} cut whose predictions they are, as "model/cut"; empty: the recommended one's
 *
 * @typedef {object} Marks
 * @property {Set<number>} looked photos in which it is known what the network looks at
 * @property {Map<number, number>} doubted photos whose label the heads doubt, the surest doubt first, and the class that they suggest
 *
 * @typedef {import("../data/photo-data.js").PhotosData} PhotosData
 */

import { readIndex } from "./address.js";

/** @type {Readonly<Contact>} */
export const DEFAULTS = Object.freeze({
  outcome: "",
  true: null,
  predicted: null,
  doubted: "",
  looked: "",
  sort: "margin",
  order: "up",
  cut: "",
});

/**
 * What an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @param {string[]} cuts those there are, as "model/cut"
 * @returns {Contact}
 */
export function readContact(search, cuts) {
  const named = new URLSearchParams(search);
  const outcome = named.get("outcome");
  const sort = named.get("sort");
  return {
    outcome: outcome === "right" || outcome === "wrong" ? outcome : DEFAULTS.outcome,
    true: readIndex(named.get("true")),
    predicted: readIndex(named.get("predicted")),
    doubted: named.get("doubted") === "only" ? "only" : DEFAULTS.doubted,
    looked: named.get("looked") === "only" ? "only" : DEFAULTS.looked,
    sort: sort === "index" || sort === "doubt" ? sort : DEFAULTS.sort,
    order: named.get("order") === "down" ? "down" : DEFAULTS.order,
    cut: cuts.find((cut) => cut === named.get("cut")) ?? DEFAULTS.cut,
  };
}

/**
 * The address's part for what is shown, from "?" on; empty for the default.
 *
 * @param {Contact} contact
 * @returns {string}
 */
export function writeContact(contact) {
  const named = new URLSearchParams();
  if (contact.outcome) named.set("outcome", contact.outcome);
  if (contact.true !== null) named.set("true", String(contact.true));
  if (contact.predicted !== null) named.set("predicted", String(contact.predicted));
  if (contact.doubted) named.set("doubted", contact.doubted);
  if (contact.looked) named.set("looked", contact.looked);
  if (contact.sort !== DEFAULTS.sort) named.set("sort", contact.sort);
  if (contact.order !== DEFAULTS.order) named.set("order", contact.order);
  if (contact.cut) named.set("cut", contact.cut);
  const text = named.toString().replaceAll("%2F", "/");
  return text && `?${text}`;
}

/**
 * The photos to show, in order; of equals the first first, those without a prediction, or without a doubt, last.
 *
 * @param {Contact} contact
 * @param {PhotosData} data
 * @param {Marks} marks
 * @returns {number[]}
 */
export function arrangePhotos(contact, data, marks) {
  const sign = contact.order === "up" ? 1 : -1;
  const shown = [...data.label.keys()].filter((photo) => {
    const label = data.label[photo];
    const predicted = data.predicted[photo] ?? -1;
    if (contact.true !== null && label !== contact.true) return false;
    if (contact.predicted !== null && predicted !== contact.predicted) return false;
    if (contact.doubted && !marks.doubted.has(photo)) return false;
    if (contact.looked && !marks.looked.has(photo)) return false;
    if (contact.outcome && predicted < 0) return false;
    return !contact.outcome || (contact.outcome === "right") === (label === predicted);
  });
  if (contact.sort === "index") return sign > 0 ? shown : shown.reverse();
  const doubt = new Map([...marks.doubted.keys()].map((photo, place) => [photo, -place]));
  const value = (/** @type {number} */ photo) => {
    if (contact.sort === "doubt") return doubt.get(photo);
    return (data.predicted[photo] ?? -1) < 0 ? undefined : data.margin[photo];
  };
  return shown.sort((one, other) => {
    const [first, second] = [value(one), value(other)];
    if (first === undefined || second === undefined)
      return Number(first === undefined) - Number(second === undefined) || one - other;
    return sign * (first - second) || one - other;
  });
}
