/** Numbers as the pages of photos write them; `build/page_text.py` writes the same. Pure. */

/**
 * A value with its sign, as fine as the scale asks: "+0.123" beside a scale up to 1.
 *
 * @param {number} value
 * @param {number} scale the largest absolute value beside it
 * @param {number} [figures] of the scale
 */
export function signedText(value, scale, figures = 3) {
  const text = value.toFixed(decimals(scale, figures));
  if (Number(text) === 0) return text.replace("-", "");
  return value > 0 ? `+${text}` : text.replace("-", "\u2212");
}

/**
 * @param {number} value at least 0
 * @param {number} scale
 * @param {number} [figures] of the scale
 */
export function plainText(value, scale, figures = 3) {
  return value.toFixed(decimals(scale, figures)).replace("-", "\u2212");
}

/**
 * @param {number} scale
 * @param {number} figures
 */
function decimals(scale, figures) {
  return scale > 0 ? Math.min(6, Math.max(0, figures - 1 - Math.floor(Math.log10(scale)))) : 2;
}
