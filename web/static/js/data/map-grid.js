/**
 * The grids of a map, as `build/pages/maps/map_documents.py` writes them. Pure: no page.
 *
 * @typedef {object} GridDocument lists with an entry a cell, row by row
 * @property {number} side cells a side
 * @property {number} tile_side of a picture, in pixels
 * @property {number} block cells a side of a block, whose pictures are one file
 * @property {Record<string, string>} names of classes
 * @property {number[]} row
 * @property {number[]} column
 * @property {number[]} count
 * @property {number[]} shown 1 where there is a picture
 * @property {number[]} label the class of most photos; -1: not known
 * @property {number[]} most the class to which it gives most; -1: not known
 * @property {(number | null)[]} wrong the share taken for a wrong class
 *
 * @typedef {object} ClassesDocument
 * @property {number | null} rest what cells give that are not listed; null: not known
 * @property {Record<string, { cell: number[], value: number[] }>} given by class
 *
 * @typedef {object} BlockDocument lists with an entry a cell of the block
 * @property {Record<string, string>} names of classes
 * @property {number} crops pictures of what examples show
 * @property {number[]} cell its index in the grid
 * @property {[number, number][][]} given class and attribution
 * @property {[number, number][][]} channels channel and standard deviations above the mean
 * @property {[number, number, number, number][][]} examples photo, -1 where it has no page; tile, row, column
 * @property {[number, number][][]} labels class and photos
 *
 * @typedef {import("./map-view.js").Area} Area
 * @typedef {import("../state/map-state.js").Chosen} Chosen
 */

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
 * The cell of a grid, by index; -1 if nothing lies there.
 *
 * @param {GridDocument} grid
 * @param {Chosen} chosen
 */
export function indexOf(grid, { row, column }) {
  return grid.row.findIndex((one, index) => one === row && grid.column[index] === column);
}

/**
 * The part of the map that is a cell.
 *
 * @param {Chosen} cell
 * @returns {Area}
 */
export function areaOf({ side, row, column }) {
  return { left: column / side, top: row / side, right: (column + 1) / side, bottom: (row + 1) / side };
}

/**
 * The name of the files of a cell's block.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 */
export function blockOf(grid, cell) {
  const at = (/** @type {number[]} */ lines) => Math.floor((lines[cell] ?? 0) / grid.block);
  return `cells-${grid.side}-${at(grid.row)}-${at(grid.column)}`;
}

/**
 * What each cell gives to a class; null where that was not asked.
 *
 * @param {GridDocument} grid
 * @param {ClassesDocument} classes
 * @param {number} label
 */
export function givenTo(grid, classes, label) {
  /** @type {(number | null)[]} */
  const values = grid.row.map(() => null);
  const { cell = [], value = [] } = classes.given[String(label)] ?? {};
  for (const [index, at] of cell.entries()) values[at] = value[index] ?? null;
  return values;
}

/**
 * The class that a cell is coloured by: that of most of its photos, or else what it speaks for.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 */
export function labelOf(grid, cell) {
  const label = grid.label[cell] ?? -1;
  return label >= 0 ? label : (grid.most[cell] ?? -1);
}

/**
 * A cell in words.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 */
export function describeCell(grid, cell) {
  const name = (/** @type {number | undefined} */ label) => grid.names[String(label)] ?? "";
  const places = grid.count[cell] === 1 ? "1 place" : `${grid.count[cell]} places`;
  const label = grid.label[cell] ?? -1;
  const most = grid.most[cell] ?? -1;
  const words = [label >= 0 ? `mostly of \u2068${name(label)}\u2069` : "", most >= 0 ? `speaks most for \u2068${name(most)}\u2069` : ""];
  return [`Row ${(grid.row[cell] ?? 0) + 1}, column ${(grid.column[cell] ?? 0) + 1}: ${places}`, ...words.filter(Boolean)].join(", ");
}

/**
 * Where cells lie between two classes: to the right what speaks for the one, to the left for the
 * other; down as on the map. As Carter et al. (2019) have it, the 99th percentile is the end.
 *
 * @param {(number | null)[]} values what each cell gives to the one rather than the other
 * @returns {({ x: number, y: number } | null)[]} 0 to 1; null where it is not known
 */
export function betweenClasses(values) {
  const sizes = values.flatMap((value) => (value === null ? [] : [Math.abs(value)])).sort((one, other) => one - other);
  const end = sizes[Math.floor(0.99 * (sizes.length - 1))] || 1;
  let rank = -1; // cells are listed row by row
  return values.map((value) => {
    if (value === null) return null;
    rank += 1;
    return { x: 0.5 + 0.5 * Math.max(-1, Math.min(1, value / end)), y: (rank + 0.5) / sizes.length };
  });
}

const STEPS = new Map([
  ["ArrowLeft", [0, -1]],
  ["ArrowRight", [0, 1]],
  ["ArrowUp", [-1, 0]],
  ["ArrowDown", [1, 0]],
]);

/**
 * The nearest cell in a direction, as keys ask for it; null if there is none.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 * @param {string} key of a KeyboardEvent
 */
export function cellToward(grid, cell, key) {
  const [down = 0, across = 0] = STEPS.get(key) ?? [];
  if (!down && !across) return null;
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

/**
 * The cell nearest to a point of the map, by index; null if there is none.
 *
 * @param {GridDocument} grid
 * @param {{ x: number, y: number }} point 0 to 1
 */
export function nearestCell(grid, { x, y }) {
  let best = null;
  let least = Infinity;
  for (const cell of grid.row.keys()) {
    const distance = Math.hypot((grid.column[cell] ?? 0) + 0.5 - x * grid.side, (grid.row[cell] ?? 0) + 0.5 - y * grid.side);
    if (distance < least) [best, least] = [cell, distance];
  }
  return best;
}

/**
 * An area of cells that a key makes larger or smaller, from the cell that it began with.
 *
 * @param {Chosen} cell which stays inside
 * @param {Area | null} area null: the cell alone
 * @param {string} key of a KeyboardEvent
 * @returns {Area}
 */
export function grownArea(cell, area, key) {
  const [down = 0, across = 0] = STEPS.get(key) ?? [];
  const own = areaOf(cell);
  const from = area ?? own;
  const [left, right] = grown(own.left, own.right, from.left, from.right, across / cell.side);
  const [top, bottom] = grown(own.top, own.bottom, from.top, from.bottom, down / cell.side);
  return { left, top, right, bottom };
}

/**
 * The ends of a side after a step: the end moves that is away from the cell.
 *
 * @param {number} start of the cell
 * @param {number} end
 * @param {number} low of the area
 * @param {number} high
 * @param {number} step
 * @returns {[number, number]}
 */
function grown(start, end, low, high, step) {
  const tiny = 1e-3; // as addresses round
  const isUp = high > end + tiny || (low > start - tiny && step > 0);
  return isUp ? [low, Math.min(1, Math.max(end, high + step))] : [Math.max(0, Math.min(start, low + step)), high];
}
