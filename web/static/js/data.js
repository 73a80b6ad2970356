/**
 * The JSON beside a grid.
 *
 * @typedef {object} LayerData
 * @property {number} format_version
 * @property {string} model
 * @property {string} layer
 * @property {number} channels
 * @property {(number | null)[]} score in natural standard deviations; null where there is none
 * @property {string[]} reason why a channel has no picture to show; empty where it has one
 */

/** The format that this reader reads; `build/documents.py` writes it. */
export const FORMAT_VERSION = 1;

/**
 * A layer's numbers as fetched; another format is refused.
 *
 * @param {any} document
 * @returns {LayerData}
 */
export function checkLayer(document) {
  if (document?.format_version !== FORMAT_VERSION) {
    throw new Error(
      `layer.json: expected format_version ${FORMAT_VERSION}, got ${document?.format_version}; reload the page`,
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
  const response = await fetch("layer.json");
  if (!response.ok) throw new Error(`layer.json: expected it beside the page, got ${response.status}; reload the page`);
  return checkLayer(await response.json());
}
