/** The pane beside a map: the photos of an area, a cell, a photo, or what one may do. */

import { fetchDocument, once } from "../../data/fetched-documents.js";
import { blockOf } from "../../data/map-grid.js";
import { createCellPane } from "./cell-pane.js";
import { fetchPictures } from "../channel-icons.js";
import { createAreaPane, createPhotoPane } from "./photos-pane.js";

/**
 * @typedef {object} Shown
 * @property {import("../../data/map-grid.js").GridDocument} grid of the cell, or that is on the map
 * @property {number} cell by its index in the grid; -1: none
 * @property {import("../../data/map-view.js").Area | null} area whose photos are shown
 * @property {number | null} photo
 */

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/**
 * A document beside the page, fetched once.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
export function fetchOnce(name) {
  return once(known, name, () => fetchDocument(name));
}

/**
 * @param {Shown} shown
 * @param {object} around
 * @param {string} around.base the study's folder as the page sees it
 * @param {string} around.atlas address of the layer's page; empty: the atlas has none of it
 * @param {boolean} around.isOwn whether classes are the networks' own
 * @returns {Promise<Node[]>} empty if there is nothing to show
 */
export async function createMapPane({ grid, cell, area, photo }, { base, atlas, isOwn }) {
  if (area) return createAreaPane(await fetchOnce("photos.json"), area, base);
  if (cell >= 0) {
    const [block, pictures] = await Promise.all([fetchOnce(`${blockOf(grid, cell)}.json`), fetchPictures(atlas)]);
    return createCellPane({ grid, block, cell, base, isOwn, pictures });
  }
  return photo === null ? [] : createPhotoPane(await fetchOnce("photos.json"), photo, grid, base);
}
