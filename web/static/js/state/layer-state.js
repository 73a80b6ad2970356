/**
 * The state of a layer's grid, and how it stands in the address. Pure: no page, no browser.
 *
 * @typedef {object} State
 * @property {"index" | "score" | "evidence"} sort
 * @property {"up" | "down"} order
 * @property {string} show numbers and ranges like "0-63,100"; empty: all
 * @property {string} word a part of a word that channels have; empty: any
 * @property {"show" | "hide"} flagged
 * @property {"all" | "better"} believed which pictures: all, or those with evidence above chance
 * @property {"s" | "m" | "l"} size
 * @property {number | null} channel the channel that is looked at
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
  sort: "index",
  order: "up",
  show: "",
  word: "",
  flagged: "show",
  believed: "all",
  size: "m",
  channel: null,
});

/** @type {{ sort: State["sort"][], order: State["order"][], flagged: State["flagged"][], believed: State["believed"][], size: State["size"][] }} */
const CHOICES = {
  sort: ["index", "score", "evidence"],
  order: ["up", "down"],
  flagged: ["show", "hide"],
  believed: ["all", "better"],
  size: ["s", "m", "l"],
};

/**
 * The state that an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @returns {State}
 */
export function readState(search) {
  const named = new URLSearchParams(search);
  const sort = chosen(CHOICES.sort, named.get("sort"), DEFAULTS.sort);
  const channel = named.get("channel") ?? "";
  return {
    sort,
    order: chosen(CHOICES.order, named.get("order"), naturalOrder(sort)),
    show: (named.get("show") ?? DEFAULTS.show).trim(),
    word: (named.get("word") ?? DEFAULTS.word).trim(),
    flagged: chosen(CHOICES.flagged, named.get("flagged"), DEFAULTS.flagged),
    believed: chosen(CHOICES.believed, named.get("believed"), DEFAULTS.believed),
    size: chosen(CHOICES.size, named.get("size"), DEFAULTS.size),
    channel: /^\d{1,9}$/.test(channel) ? Number(channel) : DEFAULTS.channel,
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
  if (state.sort !== DEFAULTS.sort) named.set("sort", state.sort);
  if (state.order !== naturalOrder(state.sort)) named.set("order", state.order);
  if (state.show !== DEFAULTS.show) named.set("show", state.show);
  if (state.word !== DEFAULTS.word) named.set("word", state.word);
  if (state.flagged !== DEFAULTS.flagged) named.set("flagged", state.flagged);
  if (state.believed !== DEFAULTS.believed) named.set("believed", state.believed);
  if (state.size !== DEFAULTS.size) named.set("size", state.size);
  if (state.channel !== DEFAULTS.channel) named.set("channel", String(state.channel));
  const text = named.toString().replaceAll("%2C", ",");
  return text && `?${text}`;
}

/**
 * The order that one expects of a sorting: numbers rise, the best score and evidence come first.
 *
 * @param {State["sort"]} sort
 * @returns {State["order"]}
 */
export function naturalOrder(sort) {
  return sort === "index" ? "up" : "down";
}

/**
 * @template {string} T
 * @param {T[]} choices
 * @param {string | null} name
 * @param {T} otherwise
 * @returns {T}
 */
function chosen(choices, name, otherwise) {
  return choices.find((choice) => choice === name) ?? otherwise;
}
