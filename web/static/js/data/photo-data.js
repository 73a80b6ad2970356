/**
 * Which photos of a cut are shown, in which order, and where their tiles lie. Pure: no page, no browser.
 *
 * The JSON beside the page of a cut; the lists have one entry a photo.
 *
 * @typedef {object} PhotosData
 * @property {number} format_version
 * @property {string[]} classes their names
 * @property {number[]} label the photo's class
 * @property {number[]} predicted the class it is taken for; -1: held out in no fold
 * @property {number[]} probability of that class, in thousandths
 * @property {number[]} margin the photo's class against the surest other one, in thousandths
 *
 * @typedef {Pick<import("../state/cut-state.js").State, "true" | "predicted">} Cell
 *
 * @typedef {object} Tile
 * @property {number} sheet
 * @property {number} column
 * @property {number} row
 * @property {number} width of the sheet, in pixels
 * @property {number} height of the sheet, in pixels
 *
 * @typedef {object} Facet
 * @property {Cell} cell
 * @property {number} index of the class that the photos are narrowed to
 * @property {number} photos
 */

const COLUMNS = 16; // as `build/tiles/sprite_sheet.py` lays them
const TILES = 256;
const SIDE = 96;

/**
 * The photos of a cell, a row or a column of the matrix: the wrong ones first, of them the surest
 * first, then the right ones, the least sure first. None where the cell names no class.
 *
 * @param {Cell} cell
 * @param {PhotosData} data
 * @returns {number[]}
 */
export function select(cell, data) {
  if (cell.true === null && cell.predicted === null) return [];
  const chosen = [];
  for (const [photo, predicted] of data.predicted.entries()) {
    if (predicted < 0) continue;
    if (cell.true !== null && data.label[photo] !== cell.true) continue;
    if (cell.predicted !== null && predicted !== cell.predicted) continue;
    chosen.push(photo);
  }
  return chosen.sort((one, other) => wrongness(other, data) - wrongness(one, data) || one - other);
}

/**
 * The parts of a row or a column, the other class by class, most photos first; none of a cell.
 *
 * @param {Cell} cell
 * @param {number[]} photos those of the cell
 * @param {PhotosData} data
 * @returns {Facet[]}
 */
export function divide(cell, photos, data) {
  if ((cell.true === null) === (cell.predicted === null)) return [];
  const other = cell.true === null ? data.label : data.predicted;
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const photo of photos) {
    const index = other[photo] ?? 0;
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return [...counts]
    .map(([index, count]) => ({
      cell: cell.true === null ? { ...cell, true: index } : { ...cell, predicted: index },
      index,
      photos: count,
    }))
    .sort((one, two) => two.photos - one.photos || one.index - two.index);
}

/**
 * Where a photo's tile lies.
 *
 * @param {number} photo
 * @param {number} count photos of the study
 * @param {number} side of a tile, in pixels
 * @returns {Tile}
 */
export function place(photo, count, side = SIDE) {
  const sheet = Math.floor(photo / TILES);
  const inside = photo % TILES;
  const tiles = Math.min(TILES, count - sheet * TILES);
  return {
    sheet,
    column: inside % COLUMNS,
    row: Math.floor(inside / COLUMNS),
    width: COLUMNS * side,
    height: Math.ceil(tiles / COLUMNS) * side,
  };
}

/**
 * Where in its sheet's list of names a photo's name is.
 *
 * @param {number} photo
 */
export function nameIndex(photo) {
  return photo % TILES;
}

/**
 * A probability in thousandths as a whole percentage; what is not all never looks so.
 *
 * @param {number} thousandths
 */
export function percent(thousandths) {
  if (thousandths >= 995 && thousandths < 1000) return ">99\u202f%";
  return `${Math.round(thousandths / 10)}\u202f%`;
}

/**
 * A margin in thousandths as points with their sign, as the pages write it.
 *
 * @param {number} thousandths
 */
export function marginText(thousandths) {
  const text = (thousandths / 10).toFixed(1).replace("-", "\u2212");
  return `${thousandths > 0 ? "+" : ""}${text} points`;
}

/**
 * From the surest mistake, highest, to the surest right one, lowest.
 *
 * @param {number} photo
 * @param {PhotosData} data
 */
function wrongness(photo, data) {
  const probability = data.probability[photo] ?? 0;
  return data.label[photo] === data.predicted[photo] ? -probability : 1 + probability;
}
