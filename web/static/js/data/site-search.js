/** What is found in a site by what is typed. Pure: no page, no browser. */

/**
 * @typedef {import("./search-index.js").SearchIndex} SearchIndex
 * @typedef {import("./search-index.js").Posting} Posting
 *
 * @typedef {object} Result
 * @property {Kind} kind
 * @property {string} name
 * @property {string} within what it belongs to; may be empty
 * @property {string} href its page, from the site's root
 * @property {string} picture folder and number of its picture; may be empty
 * @property {string} detail in words; may be empty
 * @property {number} channels of a layer; else 0
 * @property {number} fit of the word that led to it; 0 where none did
 * @property {number} inexact how much of what was typed is only the beginning of a part of its name
 *
 * @typedef {"model" | "study" | "layer" | "channel" | "class" | "photo"} Kind
 *
 * @typedef {{ results: Result[], more: boolean }} Found `more`: not all was looked through
 */

const LONGEST = 24; // as `build/search/search_terms.py` cuts terms
const LOOKED_UP = 3; // of the words typed, the longest; the others only sift
/** @type {[string, Kind][]} by the letter in the index, in the order in which they are shown */
const KINDS = [
  ["m", "model"],
  ["s", "study"],
  ["l", "layer"],
  ["w", "channel"],
  ["c", "class"],
  ["p", "photo"],
];
const ORDER = KINDS.map(([, kind]) => kind);

/**
 * The best results first.
 *
 * @param {SearchIndex} index
 * @param {string} text
 * @returns {Promise<Found>}
 */
export async function search(index, text) {
  const words = wordsOf(text);
  const { number, rest } = numberIn(words);
  const looks = words.length ? KINDS.map(([letter, kind]) => lookUp(index, letter, kind, words)) : [];
  if (number !== null) looks.push(lookUp(index, "l", "layer", rest).then((found) => channelsOf(found, number)));
  const found = await Promise.all(looks);
  /** @type {Map<string, Result>} */
  const byHref = new Map();
  for (const result of found.flatMap(({ results }) => results)) {
    const before = byHref.get(result.href);
    if (!before || compare(result, before) < 0) byHref.set(result.href, result);
  }
  return { results: [...byHref.values()].sort(compare), more: found.some(({ more }) => more) };
}

/**
 * The first of each kind, then what else is best.
 *
 * @param {Result[]} results best first
 * @param {number} limit
 */
export function fewOf(results, limit) {
  /** @type {Map<Kind, number>} */
  const count = new Map();
  const first = results.filter(({ kind }) => {
    count.set(kind, (count.get(kind) ?? 0) + 1);
    return (count.get(kind) ?? 0) <= Math.ceil(limit / 3);
  });
  const chosen = [...new Set([...first, ...results])].slice(0, limit);
  return results.filter((result) => chosen.includes(result));
}

/**
 * The words of what is typed, as terms are: small, without accents.
 *
 * @param {string} text
 */
export function wordsOf(text) {
  return plain(text).match(/[\p{L}\p{N}]+/gu)?.map((word) => word.slice(0, LONGEST)) ?? [];
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * The last number among words, taken for a channel's, and the words that name its layer.
 *
 * @param {string[]} words
 * @returns {{ number: number | null, rest: string[] }}
 */
function numberIn(words) {
  const place = words.map((word) => /^\d{1,6}$/.test(word)).lastIndexOf(true);
  if (place < 0) return { number: null, rest: words };
  const rest = words.filter((word, index) => index !== place && !/^(?:ch|channels?|of)$/.test(word));
  return { number: Number(words[place]), rest };
}

/**
 * The entries of a kind that have all words; all entries, as far as they are read, without any.
 *
 * @param {SearchIndex} index
 * @param {string} letter
 * @param {Kind} kind
 * @param {string[]} words
 * @returns {Promise<Found>}
 */
async function lookUp(index, letter, kind, words) {
  const longest = [...words].sort((a, b) => b.length - a.length).slice(0, LOOKED_UP);
  const found = await Promise.all((longest.length ? longest : [""]).map((word) => index.beginningWith(letter + word)));
  const results = found
    .flatMap(({ postings }) => postings)
    .flatMap(({ entry }) => resultsOf(kind, entry))
    .filter(({ name, within, detail }) => {
      const all = plain(`${kind} ${name} ${within} ${kind === "channel" ? detail : ""}`);
      return words.every((word) => all.includes(word));
    });
  for (const result of results) {
    const parts = new Set(wordsOf(`${result.name} ${result.detail} ${result.within}`));
    result.inexact = words.filter((word) => !parts.has(word)).length;
  }
  return { results, more: found.some(({ more }) => more) };
}

/**
 * An entry as a result; of a word, its channels.
 *
 * @param {Kind} kind
 * @param {import("./search-index.js").Entry} entry
 * @returns {Result[]}
 */
function resultsOf(kind, [name, within, href, picture, detail, channels]) {
  if (!Array.isArray(channels)) return [{ kind, name, within, href, picture, detail, channels, fit: 0, inexact: 0 }];
  return channels.map(([path, fit, picture = path]) => {
    const [, model = "", layer = "", channel = ""] = path.split("/");
    const own = { name: `Channel ${channel}`, within: `${layer} of ${model}`, href: `${path}/`, picture };
    return { kind, ...own, detail: name, channels: 0, fit, inexact: 0 };
  });
}

/**
 * The channel of that number of each layer that has one.
 *
 * @param {Found} layers
 * @param {number} number
 * @returns {Found}
 */
function channelsOf({ results, more }, number) {
  const channels = results
    .filter((layer) => number < layer.channels)
    .map(({ name, within, href, picture, inexact }) => ({
      kind: /** @type {const} */ ("channel"),
      name: `Channel ${number}`,
      within: `${name} of ${within}`,
      href: `${href}${number}/`,
      picture: picture && `${href}${number}`,
      detail: "",
      channels: 0,
      fit: 0,
      inexact,
    }));
  return { results: channels, more };
}

/**
 * @param {Result} one
 * @param {Result} other
 */
function compare(one, other) {
  return (
    one.inexact - other.inexact ||
    ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind) ||
    other.fit - one.fit ||
    one.name.length - other.name.length
  );
}
