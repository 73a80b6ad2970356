/** The tiles of a study's photos: each shows its part of a sheet and leads to the photo's page. */

import { fetchDocument, once } from "../data/fetched-documents.js";
import { nameIndex, place } from "../data/photo-data.js";
import { pictureAddress } from "./page-elements.js";

/**
 * @typedef {object} Thumb
 * @property {number} photo
 * @property {number} sheet
 * @property {HTMLAnchorElement} tile
 * @property {HTMLImageElement} image
 * @property {HTMLLIElement} element
 */

/** @type {Map<string, Promise<string[]>>} the names of a sheet's photos, by address */
const names = new Map();

/**
 * The item of a list: a photo's tile, and words below it.
 *
 * @param {number} photo
 * @param {number} count photos of the study
 * @param {string} base the study's folder as the page sees it
 * @param {(string | Node)[]} words
 * @returns {Thumb}
 */
export function createThumb(photo, count, base, words) {
  const { sheet, column, row, width, height } = place(photo, count);
  const image = document.createElement("img");
  image.loading = "lazy";
  image.className = `x${column} y${row}`;
  image.width = width;
  image.height = height;
  image.alt = `Photo ${photo}`;
  image.src = pictureAddress(`${base}photos/sheet-${sheet}.webp`);
  const tile = document.createElement("a");
  tile.className = "tile";
  tile.href = `${base}photos/${photo}/`;
  tile.append(image);
  const caption = document.createElement("p");
  caption.append(...words);
  const element = document.createElement("li");
  element.append(tile, caption);
  return { photo, sheet, tile, image, element };
}

/**
 * Name the photos, when their names have come.
 *
 * @param {Thumb[]} thumbs
 * @param {string} base the study's folder as the page sees it
 */
export async function nameThumbs(thumbs, base) {
  await Promise.all(
    thumbs.map(async ({ photo, sheet, tile, image }) => {
      const name = (await namesOf(`${base}photos/sheet-${sheet}.json`))[nameIndex(photo)] ?? "";
      tile.title = name;
      image.alt = name;
    }),
  );
}

/**
 * A name kept apart from the direction of the text around it.
 *
 * @param {string} name
 */
export function apart(name) {
  const element = document.createElement("bdi");
  element.textContent = name;
  return element;
}

/**
 * @param {string} address
 * @returns {Promise<string[]>}
 */
function namesOf(address) {
  return once(names, address, async () => (await fetchDocument(address)).names);
}
