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

/**
 * The point of a chart that a key leads to; null if the key moves nothing, or there is none.
 *
 * To the left and right along a line; up and down to the nearest point of the next line.
 *
 * @param {string} key a KeyboardEvent's
 * @param {number} index of the point now
 * @param {{ x: number, y: number, line: number }[]} points in the drawing's units, y downward
 * @returns {number | null}
 */
export function moveInChart(key, index, points) {
  const from = points[index];
  if (!from) return null;
  const beside = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (beside !== undefined) {
    const own = [...points.keys()].filter((other) => points[other]?.line === from.line);
    own.sort((one, other) => (points[one]?.x ?? 0) - (points[other]?.x ?? 0));
    return own[own.indexOf(index) + beside] ?? null;
  }
  const toward = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (toward === undefined) return null;
  /** @type {Map<number, number>} by line, its point nearest across */
  const nearest = new Map();
  for (const [other, point] of points.entries()) {
    const best = points[nearest.get(point.line) ?? -1];
    if (point.line === from.line) continue;
    if (!best || Math.abs(point.x - from.x) < Math.abs(best.x - from.x)) nearest.set(point.line, other);
  }
  const far = (/** @type {number} */ other) => toward * ((points[other]?.y ?? 0) - from.y);
  const ahead = [...nearest.values()].filter((other) => far(other) >= 0);
  ahead.sort((one, other) => far(one) - far(other));
  return ahead[0] ?? null;
}
