/**
 * The grids of a map, as `build/pages/maps/map_documents.py` writes them. Pure: no page.
 *
 * @typedef {object} GridDocument
 * @property {number} side cells a side
 * @property {number} tile_side
 * @property {number} tiles pictures in its sheets
 * @property {number} crops pictures of what examples show
 * @property {number} classes
 * @property {Record<string, string>} names of classes
 * @property {number[]} row
 * @property {number[]} column
 * @property {number[]} count
 * @property {number[]} tile -1: no picture
 * @property {[number, number][][]} given class and attribution
 * @property {[number, number][][]} channels channel and standard deviations above the mean
 * @property {[number, number, number, number][][]} examples photo, -1 where it has no page; tile, row, column
 * @property {[number, number][][]} labels class and photos
 * @property {(number | null)[]} wrong
 */

const COLUMNS = 16; // as `build/tiles/sprite_sheet.py` lays them
const TILES = 256;
/** The width in pixels of a cell from which a finer grid is shown. */
const ROOM = 34;

/**
 * The grid to show in a map so many pixels wide: the finest whose cells have room.
 *
 * @param {number[]} sides coarsest first
 * @param {number} width
 */
export function gridFor(sides, width) {
  return sides.filter((side) => width / side >= ROOM).at(-1) ?? sides[0] ?? 1;
}

/**
 * Where a tile lies: its sheet, and the size and position of the sheet behind it, in shares of it.
 *
 * @param {number} tile
 * @param {number} tiles in all
 */
export function sheetPlace(tile, tiles) {
  const sheet = Math.floor(tile / TILES);
  const index = tile % TILES;
  const rows = Math.ceil(Math.min(TILES, tiles - sheet * TILES) / COLUMNS);
  const column = index % COLUMNS;
  const row = Math.floor(index / COLUMNS);
  return {
    sheet,
    size: `${COLUMNS * 100}% ${rows * 100}%`,
    position: `${(column / (COLUMNS - 1)) * 100}% ${rows > 1 ? (row / (rows - 1)) * 100 : 0}%`,
  };
}

/**
 * What a cell gives to a class, or to it rather than another; null where that was not asked.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 * @param {number} label
 * @param {number | null} against
 */
export function givenTo(grid, cell, label, against) {
  const find = (/** @type {number} */ wanted) => grid.given[cell]?.find(([one]) => one === wanted)?.[1] ?? null;
  const own = find(label);
  if (own === null || against === null) return own;
  const other = find(against);
  return other === null ? null : own - other;
}

/**
 * The class that a cell is coloured by: that of most of its photos, or else what it speaks for.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 */
export function labelOf(grid, cell) {
  return (grid.labels[cell]?.length ? grid.labels[cell] : grid.given[cell])?.[0]?.[0];
}

/**
 * Where cells lie between two classes: to the right what speaks for the one, to the left for the
 * other; down as on the map. As Carter et al. (2019) have it, the 99th percentile is the end.
 *
 * @param {GridDocument} grid
 * @param {number} label
 * @param {number} against
 * @returns {({ x: number, y: number } | null)[]} 0 to 1; null where it is not known
 */
export function betweenClasses(grid, label, against) {
  const values = grid.row.map((_, cell) => givenTo(grid, cell, label, against));
  const sizes = values.flatMap((value) => (value === null ? [] : [Math.abs(value)])).sort((one, other) => one - other);
  const end = sizes[Math.floor(0.99 * (sizes.length - 1))] || 1;
  const order = [...values.keys()].sort((one, other) => height(grid, one) - height(grid, other));
  const rank = new Map(order.map((cell, place) => [cell, place]));
  return values.map((value, cell) =>
    value === null
      ? null
      : { x: 0.5 + 0.5 * Math.max(-1, Math.min(1, value / end)), y: ((rank.get(cell) ?? 0) + 0.5) / values.length },
  );
}

/**
 * @param {GridDocument} grid
 * @param {number} cell
 */
function height(grid, cell) {
  return (grid.row[cell] ?? 0) + (grid.column[cell] ?? 0) / grid.side;
}

/**
 * The nearest cell in a direction, as keys ask for it; null if there is none.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 * @param {string} key of a KeyboardEvent
 */
export function cellToward(grid, cell, key) {
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const step = steps[/** @type {keyof typeof steps} */ (key)];
  if (!step) return null;
  const [down = 0, across = 0] = step;
  let best = null;
  let least = Infinity;
  for (const other of grid.row.keys()) {
    const rows = (grid.row[other] ?? 0) - (grid.row[cell] ?? 0);
    const columns = (grid.column[other] ?? 0) - (grid.column[cell] ?? 0);
    const ahead = rows * down + columns * across;
    const aside = Math.abs(rows * across) + Math.abs(columns * down);
    if (ahead <= 0 || aside > ahead) continue;
    const distance = ahead + 2 * aside;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
