/**
 * The weights between two cuts: `build/charts/weight_matrix.py` draws them, a pixel each. Pure.
 *
 * @typedef {object} WeightsDocument
 * @property {string} source name of the cut before
 * @property {string} layer
 * @property {string} page address of the cut before; empty: it has none
 * @property {number} largest absolute weight
 * @property {number[]} inputs channels of the cut before, by row of the picture
 * @property {number[]} outputs channels of the layer, by column
 */

const STEPS = 127;

/**
 * The weight of a pixel: its opacity is the root of its share of the largest, its colour the sign.
 *
 * @param {Uint8ClampedArray} pixels red, green, blue and opacity of each
 * @param {number} index of the pixel
 * @param {number} largest
 */
export function weightOf(pixels, index, largest) {
  const [red = 0, , blue = 0, opacity = 0] = pixels.subarray(4 * index, 4 * index + 4);
  const share = (Math.round((opacity * STEPS) / 255) / STEPS) ** 2;
  return (blue > red ? share : -share) * largest;
}

/**
 * The pixel of the largest weight.
 *
 * @param {Uint8ClampedArray} pixels
 */
export function strongestPixel(pixels) {
  let strongest = 0;
  for (let index = 0; 4 * index < pixels.length; index++) {
    if ((pixels[4 * index + 3] ?? 0) > (pixels[4 * strongest + 3] ?? 0)) strongest = index;
  }
  return strongest;
}
