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
 * A JSON file of the site.
 *
 * @param {string} address as the page sees it
 * @returns {Promise<any>}
 */
export async function fetchDocument(address) {
  const name = address.slice(address.lastIndexOf("/") + 1);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${name}: expected it beside the page, got ${response.status}; reload the page`);
  return checkFormat(await response.json(), name);
}
