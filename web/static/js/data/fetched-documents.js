/**
 * The JSON beside a grid.
 *
 * @typedef {object} LayerData
 * @property {number} format_version
 * @property {string} model
 * @property {string} layer
 * @property {number} channels
 * @property {number} side of a tile of its sheets, in pixels
 * @property {(number | null)[]} score in natural standard deviations; null where there is none
 * @property {string[]} reason why a channel has no picture to show; empty where it has one
 * @property {Evidence | null} evidence how well another network matches pictures to photos
 * @property {string[][] | null} words of each channel, the best first; null where none were looked for
 *
 * @typedef {object} Evidence lists of all channels, shares of trials; null where there are none
 * @property {string} observer
 * @property {number} trials
 * @property {(number | null)[]} picture
 * @property {(number | null)[]} crops
 * @property {boolean[]} better_than_chance
 */

/** The format that this reader reads; `build/page_text.py` writes it. */
export const FORMAT_VERSION = 1;

/**
 * A layer's numbers as fetched; another format is refused.
 *
 * @param {any} document
 * @returns {LayerData}
 */
export function checkLayer(document) {
  return checkFormat(document, "layer.json");
}

/**
 * A document as fetched; another format is refused.
 *
 * @param {any} document
 * @param {string} name of its file
 * @returns {any}
 */
export function checkFormat(document, name) {
  if (document?.format_version !== FORMAT_VERSION) {
    throw new Error(
      `${name}: expected format_version ${FORMAT_VERSION}, got ${document?.format_version}; reload the page`,
    );
  }
  return document;
}

/**
 * The numbers of the layer whose page this is.
 *
 * @returns {Promise<LayerData>}
 */
export async function fetchLayer() {
  return fetchDocument("layer.json");
}

/**
 * What is asked for again and again, and fetched once; what failed is tried again.
 *
 * @template T
 * @param {Map<string, Promise<T>>} known what was asked for, by its key
 * @param {string} key
 * @param {() => Promise<T>} fetchIt
 * @returns {Promise<T>}
 */
export function once(known, key, fetchIt) {
  const before = known.get(key);
  if (before) return before;
  const coming = fetchIt();
  known.set(key, coming);
  coming.catch(() => known.delete(key));
  return coming;
}

/**
 * A JSON file of the site.
 *
 * @param {string} address as the page sees it
 * @returns {Promise<any>}
 */
export async function fetchDocument(address) {
  const name = address.slice(address.lastIndexOf("/") + 1);
  const response = await fetch(address);
  if (!response.ok) {
    const { status } = response;
    throw new Error(`${name}: expected it beside the page, got ${status}; reload the page`, { cause: status });
  }
  return checkFormat(await response.json(), name);
}
