/**
 * The table of models: what it shows, in which order, and how that stands in the address. Pure: no
 * page, no browser.
 *
 * @typedef {object} Catalogue
 * @property {string} sort one of `SORTS`
 * @property {"up" | "down"} order
 * @property {string} source whose models are shown; empty: all
 * @property {string} family likewise
 * @property {string} parameters at most so many millions; empty, or no number: any
 * @property {string} gflops at most so many; empty, or no number: any
 * @property {"" | "here"} weights whether only models are shown whose weights are here
 * @property {string} find words that are in the names of the models shown
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} source
 * @property {string} family
 * @property {boolean} here
 * @property {Map<string, number>} values by the names of `SORTS`, where they are known
 */

/** What the table can be sorted by; `build/pages/atlas/catalogue_rows.py` names the same. */
export const SORTS = [
  "name",
  "family",
  "source",
  "year",
  "top1",
  "parameters",
  "gflops",
  "input",
  "cuts",
  "channels",
  "licence",
  "weights",
];
const MORE_FIRST = ["year", "top1", "cuts", "channels"];

/** @type {Readonly<Catalogue>} */
export const DEFAULTS = Object.freeze({
  sort: "top1",
  order: "down",
  source: "",
  family: "",
  parameters: "",
  gflops: "",
  weights: "",
  find: "",
});

/**
 * What an address names; what it does not name, or names wrongly, is as by default.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @param {string[]} sources the sources there are
 * @param {string[]} families the families there are
 * @returns {Catalogue}
 */
export function readCatalogue(search, sources, families) {
  const named = new URLSearchParams(search);
  const sort = SORTS.find((name) => name === named.get("sort")) ?? DEFAULTS.sort;
  const order = named.get("order");
  return {
    sort,
    order: order === "up" || order === "down" ? order : naturalOrder(sort),
    source: sources.find((name) => name === named.get("source")) ?? DEFAULTS.source,
    family: families.find((name) => name === named.get("family")) ?? DEFAULTS.family,
    parameters: (named.get("parameters") ?? DEFAULTS.parameters).trim(),
    gflops: (named.get("gflops") ?? DEFAULTS.gflops).trim(),
    weights: named.get("weights") === "here" ? "here" : DEFAULTS.weights,
    find: (named.get("find") ?? DEFAULTS.find).trim(),
  };
}

/**
 * The address's part for what is shown, from "?" on; empty for the default.
 *
 * @param {Catalogue} catalogue
 * @returns {string}
 */
export function writeCatalogue(catalogue) {
  const named = new URLSearchParams();
  if (catalogue.sort !== DEFAULTS.sort) named.set("sort", catalogue.sort);
  if (catalogue.order !== naturalOrder(catalogue.sort)) named.set("order", catalogue.order);
  for (const name of /** @type {const} */ (["source", "family", "parameters", "gflops", "weights", "find"])) {
    if (catalogue[name]) named.set(name, catalogue[name]);
  }
  const text = named.toString();
  return text && `?${text}`;
}

/**
 * The order that one expects of a sorting: new, accurate and many first, small and cheap first.
 *
 * @param {string} sort
 * @returns {Catalogue["order"]}
 */
export function naturalOrder(sort) {
  return MORE_FIRST.includes(sort) ? "down" : "up";
}

/**
 * A limit as it is written: a number, a comma or a point in it; null if it is none.
 *
 * @param {string} text
 * @returns {number | null}
 */
export function readLimit(text) {
  const number = text.trim() ? Number(text.trim().replace(",", ".")) : NaN;
  return Number.isFinite(number) ? number : null;
}

/**
 * The indices of the rows to show, in order; what is not known comes last, equals as they stood.
 *
 * @param {Catalogue} catalogue
 * @param {Row[]} rows
 * @returns {number[]}
 */
export function arrangeModels(catalogue, rows) {
  const words = catalogue.find.toLowerCase().split(/\s+/).filter(Boolean);
  const sign = catalogue.order === "up" ? 1 : -1;
  const size = readLimit(catalogue.parameters);
  const cost = readLimit(catalogue.gflops);
  /** @param {number} index */
  const value = (index) => rows[index]?.values.get(catalogue.sort);
  return [...rows.keys()]
    .filter((index) => {
      const row = rows[index];
      if (!row || (catalogue.source && row.source !== catalogue.source)) return false;
      if (catalogue.family && row.family !== catalogue.family) return false;
      if (catalogue.weights && !row.here) return false;
      if (size !== null && !((row.values.get("parameters") ?? Infinity) <= 1e6 * size)) return false;
      if (cost !== null && !((row.values.get("gflops") ?? Infinity) <= cost)) return false;
      return words.every((word) => row.name.toLowerCase().includes(word));
    })
    .sort((one, other) => {
      const first = value(one);
      const second = value(other);
      if (first === undefined || second === undefined) {
        return Number(first === undefined) - Number(second === undefined) || one - other;
      }
      return sign * (first - second) || one - other;
    });
}
