/** What lies in a cell of a map: its picture, parts of photos, classes and channels. */

import { areaOf, blockOf } from "../../data/map-grid.js";
import { place } from "../../data/photo-data.js";
import { signedText } from "../../data/signed-numbers.js";
import { createTable } from "../channel-table.js";
import { createAddButton } from "../lists/add-buttons.js";
import { pictureAddress } from "../page-elements.js";
import { counted, heading, paragraph, viewLink } from "./pane-parts.js";
import { signedBar } from "../svg-elements.js";
import { WHOLE, writeMap } from "../../state/map-state.js";

/** @typedef {import("../../data/map-grid.js").BlockDocument} BlockDocument */
/** @typedef {import("../../data/map-grid.js").GridDocument} GridDocument */
/** @typedef {import("../channel-icons.js").Pictures} Pictures */

const CLASSES = 6; // told of a cell
const CROP = 64; // the side of its tile, in pixels

/**
 * @param {object} told
 * @param {GridDocument} told.grid
 * @param {BlockDocument} told.block that the cell is in
 * @param {number} told.cell by its index in the grid
 * @param {string} told.base the study's folder as the page sees it
 * @param {boolean} told.isOwn whether classes are the networks' own
 * @param {Pictures} told.pictures of the layer's channels
 * @returns {Node[]}
 */
export function createCellPane({ grid, block, cell, base, isOwn, pictures }) {
  const at = block.cell.indexOf(cell);
  const [row = 0, column = 0] = [grid.row[cell], grid.column[cell]];
  const wrong = grid.wrong[cell] ?? null;
  const mistakes = wrong === null ? "" : `, ${Math.round(100 * wrong)} % of them of photos taken for a wrong class`;
  const labels = (block.labels[at] ?? []).map(([label, count]) => `${apart(block, label)} ${count}`).join(", ");
  const all = writeMap({ ...WHOLE, area: areaOf({ side: grid.side, row, column }) });
  const channels = block.channels[at] ?? [];
  return [
    heading("h2", `Row ${row + 1}, column ${column + 1} of ${grid.side}`),
    createPicture(grid, cell),
    paragraph("facts", createAddButton(`${grid.side}-${row}-${column}`)),
    paragraph("facts", `${counted(grid.count[cell] ?? 0, "place")}${mistakes}${labels ? `. Most are of ${labels}` : ""}`),
    heading("h3", "Typical places"),
    createCrops(block, at, base),
    paragraph("facts", viewLink(all, "All its photos")),
    heading("h3", "What it gives to classes"),
    createGiven(block, at, base, isOwn),
    createTable({
      caption: "Strongest channels, in standard deviations above their mean",
      entries: channels.map(([channel, value]) => ({ channel, value })),
      scale: channels[0]?.[1] ?? 1,
      isSigned: true,
      chosen: null,
      pictures,
      leads: true,
    }),
  ];
}

/**
 * @param {GridDocument} grid
 * @param {number} cell
 */
function createPicture(grid, cell) {
  if (!grid.shown[cell]) return paragraph("empty", "No picture: too little lies here, or it is no better than chance.");
  const picture = document.createElement("div");
  picture.className = "cell-picture";
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "What its places have in common");
  const [across, left] = tiled(grid, grid.column[cell] ?? 0);
  const [down, top] = tiled(grid, grid.row[cell] ?? 0);
  picture.style.backgroundImage = `url("${pictureAddress(`${blockOf(grid, cell)}.webp`)}")`;
  picture.style.backgroundSize = `${across}% ${down}%`;
  picture.style.backgroundPosition = `${left}% ${top}%`;
  return picture;
}

/**
 * The size and position of a block's picture behind one of its cells, in percent, along one side.
 *
 * @param {GridDocument} grid
 * @param {number} line row or column
 */
function tiled({ side, block }, line) {
  const cells = Math.min(block, side - line + (line % block));
  return [100 * cells, cells > 1 ? (100 * (line % block)) / (cells - 1) : 0];
}

/**
 * @param {BlockDocument} block
 * @param {number} at
 * @param {string} base
 */
function createCrops(block, at, base) {
  const list = document.createElement("div");
  list.className = "crops";
  for (const [photo, tile, row, column] of block.examples[at] ?? []) {
    const { sheet, column: across, row: down, width, height } = place(tile, block.crops, CROP);
    const image = document.createElement("img");
    image.className = `x${across} y${down}`;
    image.width = width;
    image.height = height;
    image.src = pictureAddress(`crops-${sheet}.webp`);
    image.alt = image.title = `${photo >= 0 ? `Photo ${photo}, ` : ""}row ${row + 1}, column ${column + 1} of the layer`;
    const link = document.createElement(photo >= 0 ? "a" : "span");
    if (link instanceof HTMLAnchorElement) link.href = `${base}photos/${photo}/`;
    link.className = "tile";
    link.append(image);
    list.append(link);
  }
  return list;
}

/**
 * @param {BlockDocument} block
 * @param {number} at
 * @param {string} base
 * @param {boolean} isOwn
 */
function createGiven(block, at, base, isOwn) {
  const given = block.given[at] ?? [];
  const few = given.length <= CLASSES ? given : [...given.slice(0, CLASSES - 2), ...given.slice(-2)];
  const scale = Math.max(1e-9, ...given.map(([, value]) => Math.abs(value)));
  const table = document.createElement("table");
  table.className = "channels given";
  const body = table.createTBody();
  for (const [label, value] of few) {
    const row = body.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    const link = document.createElement(isOwn ? "span" : "a");
    link.textContent = block.names[String(label)] ?? "";
    if (link instanceof HTMLAnchorElement) link.href = `${base}classes/${label}/`;
    name.append(link);
    row.append(name);
    const text = document.createElement("span");
    text.className = "value";
    text.textContent = signedText(value, scale);
    row.insertCell().append(signedBar(value, scale), text);
  }
  return table;
}

/**
 * @param {BlockDocument} block
 * @param {number} label
 */
function apart(block, label) {
  return `\u2068${block.names[String(label)] ?? ""}\u2069`;
}
