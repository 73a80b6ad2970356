/** Lists as one picture: their names, and each item's picture with its name below. */

import { drawPart, readablePictures } from "./item-pictures.js";

/**
 * @typedef {import("../../state/list-state.js").List} List
 * @typedef {import("./list-items.js").Told} Told
 */

const SIDE = 128; // of a picture, in pixels
const SMALL = 64; // the same, where there are many
const MANY = 200;
const GAP = 16;
const LINE = 16;
const TITLE = 40;
const LINES = 3; // below a picture
const COLUMNS = 6; // at least

/**
 * @param {List[]} lists
 * @param {(path: string) => Told} tell
 * @returns {Promise<Blob>} PNG
 */
export async function drawSheet(lists, tell) {
  const count = lists.reduce((sum, { items }) => sum + items.length, 0);
  const side = count > MANY ? SMALL : SIDE;
  const columns = Math.max(COLUMNS, Math.ceil(Math.sqrt(count)));
  const [across, down] = [side + GAP, side + LINES * LINE + GAP];
  const canvas = document.createElement("canvas");
  canvas.width = GAP + columns * across;
  canvas.height = lists.reduce((sum, { items }) => sum + TITLE + Math.ceil(items.length / columns) * down, GAP);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no picture: expected a browser that draws in canvases; export JSON or CSV");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = "top";
  const fetchIt = readablePictures();
  let top = GAP;
  for (const { name, items } of lists) {
    write(context, name || "List", GAP, top, canvas.width - 2 * GAP, "600 20px system-ui, sans-serif", "#1c1c1a");
    top += TITLE;
    for (const [index, { path, note }] of items.entries()) {
      const told = tell(path);
      const x = GAP + (index % columns) * across;
      const y = top + Math.floor(index / columns) * down;
      context.fillStyle = "#f0efeb";
      context.fillRect(x, y, side, side);
      if (told.picture)
        await drawPart(context, told.picture, x, y, side, fetchIt).catch((error) => {
          if (!(error instanceof DOMException)) throw error; // what is no picture is left blank
        });
      const lines = [told.name, told.lacking ? "not here" : told.of, note];
      for (const [line, text] of lines.entries()) {
        write(context, text, x, y + side + 2 + line * LINE, side, "12px system-ui, sans-serif", line ? "#5c5c57" : "#1c1c1a");
      }
    }
    top += Math.ceil(items.length / columns) * down;
  }
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new Error("no picture: too large for this browser; make the list shorter"));
    canvas.toBlob((blob) => (blob ? resolve(blob) : refuse()), "image/png");
  });
}

/**
 * A line, cut off with an ellipsis where it is too wide.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {string} font
 * @param {string} colour
 */
function write(context, text, left, top, width, font, colour) {
  context.font = font;
  context.fillStyle = colour;
  let shown = text;
  while (shown && context.measureText(shown === text ? shown : `${shown}…`).width > width) shown = shown.slice(0, -1);
  context.fillText(shown === text ? shown : `${shown}…`, left, top);
}
