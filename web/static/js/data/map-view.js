/**
 * Where a window lies on the map. Pure: no page, no browser.
 *
 * The map is a square of 0 to 1, to the right and down; at a zoom of 1 all of it is in the window.
 *
 * @typedef {object} View
 * @property {number} width of the window, in pixels
 * @property {number} height
 * @property {number} zoom
 * @property {number} x what is in the middle of the window
 * @property {number} y
 *
 * @typedef {object} Area a part of the map, 0 to 1
 * @property {number} left
 * @property {number} top
 * @property {number} right
 * @property {number} bottom
 */

/**
 * The side of the map in pixels.
 *
 * @param {View} view
 */
export function spanOf({ width, height, zoom }) {
  return Math.min(width, height) * zoom;
}

/**
 * The point of the map at a point of the window.
 *
 * @param {View} view
 * @param {number} left in pixels
 * @param {number} top
 */
export function toMap(view, left, top) {
  const span = spanOf(view);
  return { x: view.x + (left - view.width / 2) / span, y: view.y + (top - view.height / 2) / span };
}

/**
 * The point of the window, in pixels, where a point of the map is.
 *
 * @param {View} view
 * @param {number} x
 * @param {number} y
 */
export function toWindow(view, x, y) {
  const span = spanOf(view);
  return { left: view.width / 2 + (x - view.x) * span, top: view.height / 2 + (y - view.y) * span };
}

/**
 * The view moved by so many pixels, as a finger moves the map.
 *
 * @param {View} view
 * @param {number} right
 * @param {number} down
 */
export function moved(view, right, down) {
  const span = spanOf(view);
  return within({ ...view, x: view.x - right / span, y: view.y - down / span });
}

/**
 * The view nearer by a factor, about a point of the window that stays where it is.
 *
 * @param {View} view
 * @param {number} factor
 * @param {number} left in pixels
 * @param {number} top
 * @param {number} closest
 */
export function zoomed(view, factor, left, top, closest) {
  const { x, y } = toMap(view, left, top);
  const nearer = { ...view, zoom: Math.max(1, Math.min(closest, view.zoom * factor)) };
  const { x: after, y: below } = toMap(nearer, left, top);
  return within({ ...nearer, x: nearer.x + x - after, y: nearer.y + y - below });
}

/**
 * The view moved as little as shows a part of the map.
 *
 * @param {View} view
 * @param {Area} area
 */
export function showing(view, { left, top, right, bottom }) {
  const half = (/** @type {number} */ size) => size / 2 / spanOf(view);
  const into = (/** @type {number} */ at, /** @type {number} */ reach, /** @type {number} */ from, /** @type {number} */ to) =>
    Math.max(Math.min(at, from + reach), to - reach);
  return within({ ...view, x: into(view.x, half(view.width), left, right), y: into(view.y, half(view.height), top, bottom) });
}

/**
 * The part of the map between two points of the window; null if there is none.
 *
 * @param {View} view
 * @param {{ left: number, top: number }} from in pixels
 * @param {{ left: number, top: number }} to
 * @returns {Area | null}
 */
export function areaBetween(view, from, to) {
  const ends = [from, to].map(({ left, top }) => toMap(view, left, top));
  const held = (/** @type {number} */ at) => Math.max(0, Math.min(1, at));
  const xs = ends.map(({ x }) => held(x));
  const ys = ends.map(({ y }) => held(y));
  const area = { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
  return area.right > area.left && area.bottom > area.top ? area : null;
}

/**
 * @param {Area} area
 */
export function middleOf({ left, top, right, bottom }) {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/**
 * The view, moved so that nothing beside the map is seen, or as much on both sides.
 *
 * @param {View} view
 * @returns {View}
 */
export function within(view) {
  const span = spanOf(view);
  const held = (/** @type {number} */ at, /** @type {number} */ size) =>
    size >= span ? 0.5 : Math.max(size / 2 / span, Math.min(1 - size / 2 / span, at));
  return { ...view, x: held(view.x, view.width), y: held(view.y, view.height) };
}
