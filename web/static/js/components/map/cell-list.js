/** The cells of a map as a list by region, for those who do not see it. */

import { describeCell } from "../../data/map-grid.js";
import { toMap } from "../../data/map-view.js";
import { WHOLE, writeMap } from "../../state/map-state.js";
import { heading, viewLink } from "./pane-parts.js";

/**
 * @typedef {import("../../data/map-grid.js").GridDocument} GridDocument
 * @typedef {import("../../data/map-view.js").View} View
 */

const DOWN = ["Top", "Middle", "Bottom"];
const ACROSS = ["left", "centre", "right"];

/**
 * The cells of a grid that lie in the window, by ninths of the map.
 *
 * @param {GridDocument} grid
 * @param {View} view
 * @returns {Node[]}
 */
export function listCells(grid, view) {
  const from = toMap(view, 0, 0);
  const to = toMap(view, view.width, view.height);
  const isIn = (/** @type {number} */ line, /** @type {number} */ start, /** @type {number} */ end) =>
    (line + 1) / grid.side > start && line / grid.side < end;
  /** @type {Map<string, HTMLElement>} */
  const regions = new Map();
  for (const cell of grid.row.keys()) {
    const [row = 0, column = 0] = [grid.row[cell], grid.column[cell]];
    if (!isIn(row, from.y, to.y) || !isIn(column, from.x, to.x)) continue;
    const third = (/** @type {number} */ line) => Math.floor((3 * line) / grid.side);
    const name = `${DOWN[third(row)]} ${ACROSS[third(column)]}`;
    const list = regions.get(name) ?? document.createElement("ul");
    regions.set(name, list);
    const item = document.createElement("li");
    item.append(viewLink(writeMap({ ...WHOLE, cell: { side: grid.side, row, column } }), describeCell(grid, cell)));
    list.append(item);
  }
  return [...regions].flatMap(([name, list]) => [heading("h3", name), list]);
}
