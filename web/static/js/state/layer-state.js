/**
 * The state of a layer's grid, and how it stands in the address. Pure: no page, no browser.
 *
 * @typedef {object} State
 * @property {"index" | "score"} sort
 * @property {"up" | "down"} order
 * @property {string} show numbers and ranges like "0-63,100"; empty: all
 * @property {"show" | "hide"} flagged
 * @property {"s" | "m" | "l"} size
 * @property {number | null} channel the channel that is looked at
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
  sort: "index",
  order: "up",
  show: "",
  flagged: "show",
  size: "m",
  channel: null,
});

/** @type {{ sort: State["sort"][], order: State["order"][], flagged: State["flagged"][], size: State["size"][] }} */
const CHOICES = {
  sort: ["index", "score"],
  order: ["up", "down"],
  flagged: ["show", "hide"],
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
    flagged: chosen(CHOICES.flagged, named.get("flagged"), DEFAULTS.flagged),
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
  if (state.flagged !== DEFAULTS.flagged) named.set("flagged", state.flagged);
  if (state.size !== DEFAULTS.size) named.set("size", state.size);
  if (state.channel !== DEFAULTS.channel) named.set("channel", String(state.channel));
  const text = named.toString().replaceAll("%2C", ",");
  return text && `?${text}`;
}

/**
 * The order that one expects of a sorting: numbers rise, the best score comes first.
 *
 * @param {State["sort"]} sort
 * @returns {State["order"]}
 */
export function naturalOrder(sort) {
  return sort === "score" ? "down" : "up";
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
