/** Numbers as the pages of photos write them; `build/attribution/bars.py` writes the same. Pure. */

/**
 * A value with its sign, as fine as the scale asks: "+0.123" beside a scale up to 1.
 *
 * @param {number} value
 * @param {number} scale the largest absolute value beside it
 */
export function signedText(value, scale) {
  const text = value.toFixed(decimals(scale));
  if (Number(text) === 0) return text.replace("-", "");
  return value > 0 ? `+${text}` : text.replace("-", "\u2212");
}

/**
 * @param {number} value at least 0
 * @param {number} scale
 */
export function plainText(value, scale) {
  return value.toFixed(decimals(scale)).replace("-", "\u2212");
}

/** @param {number} scale */
function decimals(scale) {
  return scale > 0 ? Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(scale)))) : 2;
}
