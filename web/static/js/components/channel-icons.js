/** The pictures of channels from the atlas, or what stands there where it has none. */

import { fetchDocument, once } from "../data/fetched-documents.js";
import { pictureAddress } from "./page-elements.js";

const COLUMNS = 16; // as `build/tiles/sprite_sheet.py` lays them
const TILES = 256;
export const NOT_YET = "none yet"; // as `build/tiles/channel_tiles.py` says it

/**
 * @typedef {object} Pictures of the channels of a layer
 * @property {string} page address of the layer's page; empty: the atlas has none of it
 * @property {number} side of a tile, in pixels
 * @property {string[]} reason why a channel has no picture, one a channel; empty where it has one
 */

/** @type {Map<string, Promise<Pictures>>} */
const known = new Map();

/**
 * @param {string} page address of the layer's page; empty: the atlas has none of it
 * @returns {Promise<Pictures>}
 */
export function fetchPictures(page) {
  if (!page) return Promise.resolve({ page, side: 0, reason: [] });
  return once(known, page, async () => {
    const { side, reason } = await fetchDocument(`${page}layer.json`);
    return { page, side, reason };
  });
}

/**
 * Why a channel has no picture, in a word; empty if it has one.
 *
 * @param {number} channel
 * @param {Pictures} pictures
 */
export function lack(channel, pictures) {
  return pictures.page ? (pictures.reason[channel] ?? "") : NOT_YET;
}

/**
 * What a tile of a channel holds: its part of a sheet, or its number and why it has no picture.
 *
 * @param {number} channel
 * @param {Pictures} pictures
 * @returns {Node}
 */
export function createIcon(channel, pictures) {
  const reason = lack(channel, pictures);
  if (reason) {
    const text = document.createElement("span");
    text.className = "reason";
    if (reason === NOT_YET) text.dataset.lacking = "";
    text.textContent = pictures.page ? `${channel} ${reason}` : String(channel);
    return text;
  }
  const { column, row, width, height, src } = placeIcon(channel, pictures);
  const image = document.createElement("img");
  image.className = `x${column} y${row}`;
  image.width = width;
  image.height = height;
  image.alt = "";
  image.src = src;
  return image;
}

/**
 * Where the picture of a channel that has one lies.
 *
 * @param {number} channel
 * @param {Pictures} pictures
 */
export function placeIcon(channel, { page, side, reason }) {
  const place = channel % TILES;
  const sheet = Math.floor(channel / TILES);
  const tiles = Math.min(TILES, reason.length - sheet * TILES);
  return {
    src: pictureAddress(`${page}sheet-${sheet}.jpg`),
    column: place % COLUMNS,
    row: Math.floor(place / COLUMNS),
    width: COLUMNS * side,
    height: Math.ceil(tiles / COLUMNS) * side,
    side,
  };
}
