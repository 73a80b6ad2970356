/** What lies in a cell of a map: its picture, parts of photos, classes and channels. */

import { createTable } from "./channel-table.js";
import { putTile } from "./map-plane.js";
import { signedBar } from "./svg-elements.js";
import { signedText } from "../data/signed-numbers.js";

/** @typedef {import("../data/map-grid.js").GridDocument} GridDocument */
/** @typedef {import("./channel-icons.js").Pictures} Pictures */

const CLASSES = 6; // told of a cell

/**
 * @param {GridDocument} grid
 * @param {number} cell by index
 * @param {string} base the study's folder as the page sees it
 * @param {boolean} isOwn whether classes are the networks' own, which have no pages
 * @param {Pictures} pictures of the layer's channels
 * @returns {Node[]}
 */
export function createPane(grid, cell, base, isOwn, pictures) {
  const title = heading("h2", `Row ${(grid.row[cell] ?? 0) + 1}, column ${(grid.column[cell] ?? 0) + 1} of ${grid.side}`);
  const tile = grid.tile[cell] ?? -1;
  const picture = tile < 0 ? paragraph("No picture: too little lies here, or it is no better than chance.", "empty") : document.createElement("div");
  if (tile >= 0) {
    picture.className = "cell-picture";
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", "What its places have in common");
    putTile(picture, `cells-${grid.side}`, tile, grid.tiles);
  }
  const places = grid.count[cell] === 1 ? "1 place" : `${grid.count[cell]} places`;
  const wrong = grid.wrong[cell] ?? null;
  const mistakes = wrong === null ? "" : `, ${Math.round(100 * wrong)} % of them of photos taken for a wrong class`;
  const labels = (grid.labels[cell] ?? []).map(([label, count]) => `${apart(grid, label)} ${count}`).join(", ");
  return [
    title,
    picture,
    paragraph(`${places}${mistakes}${labels ? `. Photos: ${labels}` : ""}`, "facts"),
    heading("h3", "Typical places"),
    createCrops(grid, cell, base),
    heading("h3", "What it gives to classes"),
    createGiven(grid, cell, base, isOwn),
    createTable({
      caption: "Strongest channels, in standard deviations above their mean",
      entries: (grid.channels[cell] ?? []).map(([channel, value]) => ({ channel, value })),
      scale: grid.channels[cell]?.[0]?.[1] ?? 1,
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
 * @param {string} base
 */
function createCrops(grid, cell, base) {
  const list = document.createElement("div");
  list.className = "crops";
  for (const [photo, tile, row, column] of grid.examples[cell] ?? []) {
    const link = document.createElement("a");
    if (photo >= 0) link.href = `${base}photos/${photo}/`;
    else link.setAttribute("role", "img");
    link.setAttribute("aria-label", `${photo >= 0 ? `Photo ${photo}, ` : ""}row ${row + 1}, column ${column + 1}`);
    putTile(link, "crops", tile, grid.crops);
    list.append(link);
  }
  return list;
}

/**
 * @param {GridDocument} grid
 * @param {number} cell
 * @param {string} base
 * @param {boolean} isOwn
 */
function createGiven(grid, cell, base, isOwn) {
  const given = grid.given[cell] ?? [];
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
    link.textContent = grid.names[String(label)] ?? "";
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
 * @param {GridDocument} grid
 * @param {number} label
 */
function apart(grid, label) {
  return `\u2068${grid.names[String(label)] ?? ""}\u2069`;
}

/**
 * @param {"h2" | "h3"} kind
 * @param {string} words
 */
function heading(kind, words) {
  const element = document.createElement(kind);
  element.textContent = words;
  return element;
}

/**
 * @param {string} words
 * @param {string} name of its style
 */
function paragraph(words, name) {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = words;
  return element;
}
