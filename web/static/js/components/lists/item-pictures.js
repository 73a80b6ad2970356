/** The pictures of a list's items: parts of the site's own pictures, drawn into canvases. */

import { once } from "../../data/fetched-documents.js";

/**
 * A part of a picture: column and row of so many, and of so many pixels a side; or a square around a point of it.
 *
 * @typedef {object} Part
 * @property {string} src
 * @property {number} [side] of a tile, in pixels
 * @property {number} [column]
 * @property {number} [row]
 * @property {[number, number]} [around] how far down, and across, 0..1
 */

/** @typedef {{ width: number, height: number }} Size */

const AROUND = 0.4; // of the photo's shorter side

/** @type {Map<string, Promise<CanvasImageSource & Size>>} */
const known = new Map();

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Part} part
 * @param {number} left in pixels
 * @param {number} top
 * @param {number} size
 * @param {(src: string) => Promise<CanvasImageSource & Size>} [fetchIt]
 */
export async function drawPart(context, { src, side = 0, column = 0, row = 0, around }, left, top, size, fetchIt = fetchImage) {
  const image = await fetchIt(src);
  const { width, height } = image;
  if (!around) {
    const whole = side || Math.min(width, height);
    context.drawImage(image, column * whole, row * whole, whole, whole, left, top, size, size);
    return;
  }
  const square = AROUND * Math.min(width, height);
  const start = (/** @type {number} */ share, /** @type {number} */ length) =>
    Math.max(0, Math.min(length - square, share * length - square / 2));
  const [y, x] = [start(around[0], height), start(around[1], width)];
  context.drawImage(image, x, y, square, square, left, top, size, size);
  const scale = size / square;
  context.lineWidth = 2;
  for (const [colour, radius] of /** @type {const} */ ([["#fff", 6], ["#000", 8]])) {
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(left + (around[1] * width - x) * scale, top + (around[0] * height - y) * scale, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

/**
 * Pictures for a canvas that is saved, each fetched once. One of another origin may be read only where
 * that says so to whoever asks; what the browser has kept of a picture that was only shown does not tell.
 *
 * @returns {(src: string) => Promise<ImageBitmap>}
 */
export function readablePictures() {
  /** @type {Map<string, Promise<ImageBitmap>>} */
  const read = new Map();
  return (src) =>
    once(read, src, async () => {
      const response = await fetch(src, { cache: "reload" }).catch(() => {
        const { host } = new URL(src, location.href);
        throw new Error(`no picture: expected ${host} to send Access-Control-Allow-Origin with pictures; it does not, or is away`);
      });
      return createImageBitmap(await response.blob());
    });
}

/** @param {string} src */
function fetchImage(src) {
  return once(known, src, async () => {
    const image = new Image();
    image.src = src;
    await image.decode();
    return image;
  });
}
