/**
 * The cells of a layer over a photo, and their places in it. Pure.
 *
 * @typedef {{ rows: number, columns: number }} Grid
 * @typedef {[number, number]} Cell row and column, from 0
 */

/**
 * The cell at a place of the photo: that is how cells of different layers are linked.
 *
 * @param {[number, number]} place how far down and across, in shares of the photo
 * @param {Grid} grid
 * @returns {Cell}
 */
export function cellAt([down, across], { rows, columns }) {
  return [within(Math.floor(down * rows), rows), within(Math.floor(across * columns), columns)];
}

/**
 * The place of the middle of a cell, how far down and across, in shares of the photo.
 *
 * @param {Cell} cell
 * @param {Grid} grid
 * @returns {[number, number]}
 */
export function placeOf([row, column], { rows, columns }) {
  return [(row + 0.5) / rows, (column + 0.5) / columns];
}

/**
 * The cell that a key leads to; null if the key moves nothing.
 *
 * @param {string} key a KeyboardEvent's
 * @param {Cell | null} cell null: none yet, an arrow leads to the middle
 * @param {Grid} grid
 * @returns {Cell | null}
 */
export function moveCell(key, cell, { rows, columns }) {
  /** @type {Record<string, Cell>} */
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -columns], End: [0, columns] };
  const step = steps[key];
  if (!step) return null;
  if (!cell) return [Math.floor(rows / 2), Math.floor(columns / 2)];
  return [within(cell[0] + step[0], rows), within(cell[1] + step[1], columns)];
}

/**
 * @param {number} index
 * @param {number} count
 */
function within(index, count) {
  return Math.min(Math.max(index, 0), count - 1);
}
