/** The map as it is drawn: the cells in the window, places of a photo, what is chosen. */

import { areaOf, blockOf, indexOf } from "../../data/map-grid.js";
import { spanOf, toMap, toWindow } from "../../data/map-view.js";
import { dropUnseen, pictureOf } from "./block-pictures.js";

/**
 * @typedef {object} Layer a grid and how its cells look
 * @property {import("../../data/map-grid.js").GridDocument} grid
 * @property {import("../../data/map-look.js").Look} look
 *
 * @typedef {object} Scene
 * @property {Layer} layer
 * @property {Layer | null} under what is seen until the pictures of `layer` are there
 * @property {Area[]} chosen parts with a strong edge
 * @property {Area | null} pointed the part that is pointed at
 * @property {Area | null} area the part whose photos are shown
 * @property {{ x: number, y: number }[]} places of a photo
 *
 * @typedef {import("../../data/map-view.js").Area} Area
 * @typedef {import("../../data/map-view.js").View} View
 */

const FINEST = 2; // pixels of the screen for one of the page, at most: more are not seen, and cost
const DOT = 7; // its radius

/**
 * Draw what is in the window.
 *
 * @param {HTMLCanvasElement} canvas as large as the window
 * @param {View} view
 * @param {Scene} scene
 * @param {() => void} again when a picture has come
 */
export function drawMap(canvas, view, scene, again) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const scale = Math.min(FINEST, devicePixelRatio);
  const [width, height] = [Math.round(view.width * scale), Math.round(view.height * scale)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  const style = getComputedStyle(canvas);
  const ink = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
  const inks = { line: ink("line"), paper: ink("paper") };
  /** @type {Set<string>} */
  const seen = new Set();
  const pictureAt = (/** @type {string} */ name) => {
    seen.add(name);
    return pictureOf(name, again);
  };
  const isReady = drawCells(context, view, scene.layer, inks, pictureAt, scene.under === null);
  if (!isReady && scene.under) {
    drawCells(context, view, scene.under, inks, pictureAt, true);
    drawCells(context, view, scene.layer, inks, pictureAt, false);
  }
  dropUnseen(seen);
  if (scene.pointed) frame(context, view, scene.pointed, ink("ink"), 2);
  for (const area of scene.chosen) {
    frame(context, view, area, ink("paper"), 6);
    frame(context, view, area, ink("accent"), 4);
  }
  if (scene.area) {
    const { left, top, width: wide, height: high } = boxOf(view, scene.area);
    context.fillStyle = ink("tint");
    context.fillRect(left, top, wide, high);
    frame(context, view, scene.area, ink("accent"), 2);
  }
  for (const { x, y } of scene.places) {
    const { left, top } = toWindow(view, x, y);
    context.beginPath();
    context.arc(left, top, DOT, 0, 2 * Math.PI);
    context.fillStyle = ink("accent");
    context.fill();
    context.lineWidth = 3;
    context.strokeStyle = ink("paper");
    context.stroke();
    context.lineWidth = 1;
    context.strokeStyle = ink("ink");
    context.stroke();
  }
}

/**
 * The cell that is seen at a point of the window, by index; -1 if there is none.
 *
 * @param {View} view
 * @param {Layer} layer
 * @param {number} left in pixels
 * @param {number} top
 */
export function cellAt(view, { look }, left, top) {
  const at = toMap(view, left, top);
  const near = (/** @type {number | null | undefined} */ middle, /** @type {number} */ point, /** @type {number} */ side) =>
    middle !== null && middle !== undefined && Math.abs(middle - point) < side / 2;
  for (let cell = look.x.length - 1; cell >= 0; cell -= 1) {
    const side = look.isPlane ? (look.side[cell] ?? 0) : look.full; // one need not hit a small one
    if (near(look.x[cell], at.x, side) && near(look.y[cell], at.y, side)) return cell; // the uppermost
  }
  return -1;
}

/**
 * Where a cell is seen; null if it is not.
 *
 * @param {Layer} layer
 * @param {number} cell by index
 * @returns {Area | null}
 */
export function seenArea({ look }, cell) {
  const x = look.x[cell] ?? null;
  const y = look.y[cell] ?? 0;
  const half = (look.side[cell] ?? 0) / 2;
  return x === null ? null : { left: x - half, top: y - half, right: x + half, bottom: y + half };
}

/**
 * Where a cell of any grid is seen; null if it is not.
 *
 * @param {Layer} layer that is drawn
 * @param {import("../../state/map-state.js").Chosen} cell
 */
export function chosenArea(layer, cell) {
  if (!layer.look.isPlane) return areaOf(cell);
  return layer.grid.side === cell.side ? seenArea(layer, indexOf(layer.grid, cell)) : null;
}

/**
 * Draw the cells in the window; whether all their pictures were there.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Layer} layer
 * @param {{ line: string, paper: string }} ink the colours of a cell's edge without a picture, and of the page
 * @param {(name: string) => ImageBitmap | null} pictureAt of a block
 * @param {boolean} isWhole whether cells are drawn whose picture has not come
 */
function drawCells(context, view, { grid, look }, { line, paper }, pictureAt, isWhole) {
  const span = spanOf(view);
  const reach = look.full / 2;
  const from = toMap(view, 0, 0);
  const to = toMap(view, view.width, view.height);
  let isReady = true;
  for (let cell = 0; cell < grid.row.length; cell += 1) {
    const x = look.x[cell] ?? null;
    const y = look.y[cell] ?? 0;
    if (x === null || x + reach < from.x || x - reach > to.x || y + reach < from.y || y - reach > to.y) continue;
    const picture = grid.shown[cell] ? pictureAt(blockOf(grid, cell)) : null;
    const isComing = grid.shown[cell] === 1 && !picture;
    isReady &&= !isComing;
    if (isComing && !isWhole) continue;
    const side = (look.side[cell] ?? 0) * span;
    const { left, top } = toWindow(view, x, y);
    const corner = /** @type {const} */ ([left - side / 2, top - side / 2, side, side]);
    context.globalAlpha = look.opacity[cell] ?? 1;
    if (picture) {
      const tile = grid.tile_side;
      const inside = (/** @type {number[]} */ lines) => ((lines[cell] ?? 0) % grid.block) * tile;
      context.drawImage(picture, inside(grid.column), inside(grid.row), tile, tile, ...corner);
    } else {
      context.strokeStyle = line;
      context.lineWidth = 1;
      context.strokeRect(...corner);
    }
    if (picture && look.veil) {
      context.globalAlpha *= look.veil;
      context.fillStyle = paper;
      context.fillRect(...corner);
    }
    const mark = look.mark[cell] ?? null;
    if (mark) {
      context.globalAlpha = look.opacity[cell] ?? 1;
      context.fillStyle = mark;
      context.fillRect(...corner);
    }
  }
  context.globalAlpha = 1;
  return isReady;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Area} area
 * @param {string} colour
 * @param {number} width
 */
function frame(context, view, area, colour, width) {
  const { left, top, width: wide, height: high } = boxOf(view, area);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(left, top, wide, high);
}

/**
 * @param {View} view
 * @param {Area} area
 */
function boxOf(view, area) {
  const start = toWindow(view, area.left, area.top);
  const end = toWindow(view, area.right, area.bottom);
  return { ...start, width: end.left - start.left, height: end.top - start.top };
}
