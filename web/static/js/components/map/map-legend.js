/** What the colours and places of a map's cells say. */

import { legendOf } from "../../data/map-look.js";

/**
 * @param {import("../../data/map-grid.js").GridDocument} grid
 * @param {import("../../data/map-look.js").Asked} asked
 * @param {number[]} coloured the classes that have a colour
 * @param {(label: number) => string} nameOf a class
 * @returns {Node[]}
 */
export function createLegend(grid, { label, against, colour }, coloured, nameOf) {
  const items = [];
  if (label !== null) {
    const item = document.createElement("span");
    const own = `\u2068${nameOf(label)}\u2069`;
    item.append(
      against === null
        ? `the clearer, the more it gives to ${own}; the faintest give nothing, or speak against it`
        : `to the left what speaks for \u2068${nameOf(against)}\u2069, to the right for ${own}; down as on the map`,
    );
    items.push(item);
  }
  for (const { colour: own, words } of legendOf(grid, colour, coloured)) {
    const item = document.createElement("span");
    const mark = document.createElement("i");
    mark.style.setProperty("--mark", own);
    item.append(mark, words);
    items.push(item);
  }
  return items;
}
