/**
 * The table of cuts: what it shows, in which order, and how that stands in the address. Pure: no
 * page, no browser.
 *
 * @typedef {object} Ranking
 * @property {string} sort one of `SORTS`
 * @property {"up" | "down"} order
 * @property {string} model the backbone whose cuts are shown; empty: all
 * @property {"" | "only"} tied whether only cuts that may be the best are shown
 * @property {string} find words that are in the names of the cuts shown
 *
 * @typedef {object} Row
 * @property {string} model
 * @property {string} cut
 * @property {boolean} tied
 * @property {Map<string, number>} values by the names of `SORTS`
 */

/** What the table can be sorted by; `build/pages/study/ranking_rows.py` names the same. */
export const SORTS = [
  "depth",
  "accuracy",
  "balanced_accuracy",
  "macro_f1",
  "log_loss",
  "parameters",
  "gflops",
  "bytes",
  "latency",
  "batch_latency",
];
const HIGHER_IS_BETTER = ["accuracy", "balanced_accuracy", "macro_f1"];

/** @type {Readonly<Ranking>} */
export const DEFAULTS = Object.freeze({ sort: "accuracy", order: "down", model: "", tied: "", find: "" });

/**
 * What an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @param {string[]} models the backbones there are
 * @returns {Ranking}
 */
export function readRanking(search, models) {
  const named = new URLSearchParams(search);
  const sort = SORTS.find((name) => name === named.get("sort")) ?? DEFAULTS.sort;
  const order = named.get("order");
  return {
    sort,
    order: order === "up" || order === "down" ? order : naturalOrder(sort),
    model: models.find((model) => model === named.get("model")) ?? DEFAULTS.model,
    tied: named.get("tied") === "only" ? "only" : DEFAULTS.tied,
    find: (named.get("find") ?? DEFAULTS.find).trim(),
  };
}

/**
 * The address's part for what is shown, from "?" on; empty for the default.
 *
 * @param {Ranking} ranking
 * @returns {string}
 */
export function writeRanking(ranking) {
  const named = new URLSearchParams();
  if (ranking.sort !== DEFAULTS.sort) named.set("sort", ranking.sort);
  if (ranking.order !== naturalOrder(ranking.sort)) named.set("order", ranking.order);
  if (ranking.model) named.set("model", ranking.model);
  if (ranking.tied) named.set("tied", ranking.tied);
  if (ranking.find) named.set("find", ranking.find);
  const text = named.toString();
  return text && `?${text}`;
}

/**
 * The order that one expects of a sorting: what is good comes first.
 *
 * @param {string} sort
 * @returns {Ranking["order"]}
 */
export function naturalOrder(sort) {
  return HIGHER_IS_BETTER.includes(sort) ? "down" : "up";
}

/**
 * The indices of the rows to show, in order; of equals the better one, which is the first, first.
 *
 * @param {Ranking} ranking
 * @param {Row[]} rows best first
 * @returns {number[]}
 */
export function arrangeRows(ranking, rows) {
  const words = ranking.find.toLowerCase().split(/\s+/).filter(Boolean);
  const sign = ranking.order === "up" ? 1 : -1;
  /** @param {number} index */
  const value = (index) => rows[index]?.values.get(ranking.sort) ?? 0;
  return [...rows.keys()]
    .filter((index) => {
      const row = rows[index];
      if (!row || (ranking.model && row.model !== ranking.model)) return false;
      if (ranking.tied && !row.tied) return false;
      const name = `${row.model} ${row.cut}`.toLowerCase();
      return words.every((word) => name.includes(word));
    })
    .sort((one, other) => sign * (value(one) - value(other)) || one - other);
}
