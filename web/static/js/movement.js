/** Movement through a grid by keys. Pure: no page, no browser. */

/**
 * The position that a key leads to in a grid filled row by row; null if the key moves nothing.
 *
 * @param {string} key a KeyboardEvent's
 * @param {number} position from 0
 * @param {number} columns
 * @param {number} count
 * @returns {number | null}
 */
export function move(key, position, columns, count) {
  const target = targetOf(key, position, columns, count);
  if (target === null) return null;
  return target < 0 || target >= count ? position : target;
}

/**
 * @param {string} key
 * @param {number} position
 * @param {number} columns
 * @param {number} count
 */
function targetOf(key, position, columns, count) {
  switch (key) {
    case "ArrowLeft":
      return position - 1;
    case "ArrowRight":
      return position + 1;
    case "ArrowUp":
      return position - columns;
    case "ArrowDown":
      return position + columns;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
