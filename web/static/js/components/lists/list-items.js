/** What a list shows of its items: name, place in the site and picture, from what the pages have beside them. */

import { blockOf, indexOf } from "../../data/map-grid.js";
import { fetchDocument, once } from "../../data/fetched-documents.js";
import { nameIndex, place } from "../../data/photo-data.js";
import { addressOf, kindOf } from "../../state/list-state.js";
import { fetchPictures, lack, placeIcon } from "../channel-icons.js";
import { pictureAddress } from "../page-elements.js";

/** @typedef {import("./item-pictures.js").Part} Part */

/** @typedef {import("./list-files.js").Told & { picture: Part | null }} Told */

const THUMBNAIL = 96; // as `precompute/stores/study/study_layout.py` has it
const GONE = "This site has it no longer.";

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/**
 * @param {string} path of an item
 * @param {string} root address of the site's root as the page sees it
 * @returns {Promise<Told>}
 */
export async function tellItem(path, root) {
  const parts = path.split("/");
  const tail = parts.at(-1) ?? "";
  const folder = root + parts.slice(0, -1).join("/");
  const told = { name: path, of: "", address: addressOf(path), picture: null, lacking: "" };
  try {
    return { ...told, ...(await tellers[kindOf(path) ?? "class"](parts, tail, folder)) };
  } catch (error) {
    const isGone = error instanceof Error && error.cause === 404;
    return { ...told, lacking: isGone ? GONE : `It could not be fetched: ${error instanceof Error ? error.message : error}` };
  }
}

/** @type {Record<import("../../state/list-state.js").Kind, (parts: string[], tail: string, folder: string) => Promise<Partial<Told>>>} */
const tellers = { channel: tellChannel, photo: tellPhoto, place: tellPhoto, class: tellClass, cell: tellCell };

/** @param {string[]} parts @param {string} tail @param {string} folder */
async function tellChannel([, model, layer], tail, folder) {
  const channel = Number(tail);
  const told = { name: `Channel ${channel}`, of: `${layer} of ${model}` };
  const pictures = await fetchPictures(`${folder}/`);
  if (channel >= pictures.reason.length) return { ...told, lacking: GONE };
  const reason = lack(channel, pictures);
  return reason ? { ...told, of: `${told.of}, no picture: ${reason}` } : { ...told, picture: placeIcon(channel, pictures) };
}

/** @param {string[]} parts @param {string} tail @param {string} folder */
async function tellPhoto([, study], tail, folder) {
  const [first, down, across] = tail.split("-").map(Number);
  const photo = first ?? 0;
  const { sheet, column, row } = place(photo, photo + 1);
  const { names } = await fetchOnce(`${folder}/sheet-${sheet}.json`);
  const named = names[nameIndex(photo)];
  if (named === undefined) return { lacking: GONE };
  const name = named.slice(named.lastIndexOf("/") + 1);
  if (down === undefined || across === undefined) {
    return { name, of: `photo of ${study}`, picture: { src: pictureAddress(`${folder}/sheet-${sheet}.webp`), column, row, side: THUMBNAIL } };
  }
  const where = `${Math.round(100 * down)} % down, ${Math.round(100 * across)} % across`;
  const picture = { src: pictureAddress(`${folder}/${photo}/photo.webp`), around: /** @type {[number, number]} */ ([down, across]) };
  return { name: `${name}, ${where}`, of: `place in a photo of ${study}`, picture };
}

/** The name of a class, and a photo of it, are on its page alone. @param {string[]} parts @param {string} tail @param {string} folder */
async function tellClass([, study], tail, folder) {
  const address = `${folder}/${tail}/`;
  const page = await once(known, address, () => fetchPage(address));
  const name = page.querySelector("h1")?.textContent ?? "";
  const thumb = page.querySelector(".thumbs img");
  const number = (/** @type {string} */ axis) => Number(new RegExp(`\\b${axis}(\\d+)`).exec(thumb?.className ?? "")?.[1] ?? 0);
  const src = thumb && new URL(thumb.getAttribute("src") ?? "", new URL(address, location.href)).href;
  return { name, of: `class of ${study}`, picture: src ? { src, column: number("x"), row: number("y"), side: THUMBNAIL } : null };
}

/** @param {string[]} parts @param {string} tail @param {string} folder */
async function tellCell(parts, tail, folder) {
  const [side = 0, row = 0, column = 0] = tail.split("-").map(Number);
  const told = { name: `Row ${row + 1}, column ${column + 1} of ${side}`, of: `map of ${parts.slice(3, -1).join(" ")}, ${parts[1]}` };
  const grid = await fetchOnce(`${folder}/grid-${side}.json`);
  const cell = indexOf(grid, { side, row, column });
  if (cell < 0) return { ...told, lacking: GONE };
  const picture = { src: pictureAddress(`${folder}/${blockOf(grid, cell)}.webp`), column: column % grid.block, row: row % grid.block, side: grid.tile_side };
  return { ...told, picture: grid.shown[cell] ? picture : null };
}

/** @param {string} address @returns {Promise<any>} */
function fetchOnce(address) {
  return once(known, address, () => fetchDocument(address));
}

/** A page, of which nothing runs or loads. @param {string} address */
async function fetchPage(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: expected a page, got ${response.status}`, { cause: response.status });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
