/** The plane of a map in its window: the cells in view, as large as what lies there, and how it is moved. */

import { betweenClasses, givenTo, labelOf, sheetPlace } from "../data/map-grid.js";
import { CLOSEST } from "../state/map-state.js";

/** @typedef {import("../data/map-grid.js").GridDocument} GridDocument */
/** @typedef {import("../state/map-state.js").MapState} MapState */

const SMALLEST = 0.45; // of a cell's side, where least lies
const FAINTEST = 0.15; // opacity of a cell that does not speak for the class
const STEP = 1.5; // of a key or a button
const DRAGGED = 4; // pixels from which a press is a drag

/**
 * Show the cells of a grid that lie in the window.
 *
 * @param {HTMLElement} viewport
 * @param {HTMLElement} plane
 * @param {GridDocument} grid
 * @param {MapState} state
 */
export function drawCells(viewport, plane, grid, state) {
  const width = plane.clientWidth;
  const margin = viewport.clientWidth / 2;
  const values = grid.row.map((_, cell) => (state.label === null ? 1 : givenTo(grid, cell, state.label, state.against)));
  const peak = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const crowded = quantile(grid.count, 0.9);
  const most = Math.max(...grid.count);
  const between = state.label !== null && state.against !== null ? betweenClasses(grid, state.label, state.against) : null;
  const shown = [];
  for (const cell of grid.row.keys()) {
    const full = width / (between ? 1.6 * grid.side : grid.side);
    const side = full * Math.max(SMALLEST, Math.min(1, Math.sqrt((grid.count[cell] ?? 0) / crowded)));
    const place = between ? between[cell] : { x: ((grid.column[cell] ?? 0) + 0.5) / grid.side, y: ((grid.row[cell] ?? 0) + 0.5) / grid.side };
    if (!place) continue;
    const inside = between ? width - full : width; // none is cut off at the ends
    const left = place.x * inside + (width - inside) / 2 - side / 2;
    const top = place.y * inside + (width - inside) / 2 - side / 2;
    const isIn = (/** @type {number} */ start, /** @type {number} */ from, /** @type {number} */ size) =>
      start + side > from - margin && start < from + size + margin;
    if (!isIn(left, viewport.scrollLeft, viewport.clientWidth) || !isIn(top, viewport.scrollTop, viewport.clientHeight)) continue;
    const button = createCell(grid, cell);
    button.style.left = `${left}px`;
    button.style.top = `${top}px`;
    button.style.width = button.style.height = `${side}px`;
    if (state.label !== null && !between) {
      button.style.opacity = String(FAINTEST + (1 - FAINTEST) * (Math.max(0, values[cell] ?? 0) / peak));
    }
    const mark = markOf(grid, cell, state.colour, most);
    if (mark) {
      button.classList.add("coloured");
      button.style.setProperty("--mark", mark);
    }
    const { cell: chosen } = state;
    const isChosen = chosen?.side === grid.side && chosen.row === grid.row[cell] && chosen.column === grid.column[cell];
    button.setAttribute("aria-pressed", String(isChosen));
    shown.push(button);
  }
  plane.querySelectorAll(".map-cell").forEach((cell) => cell.remove());
  plane.prepend(...shown);
}

/**
 * A cell in words, for those who do not see it.
 *
 * @param {GridDocument} grid
 * @param {number} cell by index
 */
export function describeCell(grid, cell) {
  const name = (/** @type {[number, number]} */ [label]) => grid.names[String(label)] ?? "";
  const most = grid.given[cell]?.[0];
  const places = grid.count[cell] === 1 ? "1 place" : `${grid.count[cell]} places`;
  return `Row ${(grid.row[cell] ?? 0) + 1}, column ${(grid.column[cell] ?? 0) + 1}: ${places}${most ? `, speaks most for ${name(most)}` : ""}`;
}

/**
 * The colour of a class, its own.
 *
 * @param {number} label
 */
export function colourOf(label) {
  return `hsl(${Math.round((label * 137.5 + 200) % 360)} 70% 50%)`;
}

/**
 * Put a tile of sheets behind an element.
 *
 * @param {HTMLElement} element
 * @param {string} name of the sheets
 * @param {number} tile
 * @param {number} tiles in all
 */
export function putTile(element, name, tile, tiles) {
  const { sheet, size, position } = sheetPlace(tile, tiles);
  element.style.backgroundImage = `url("${name}-${sheet}.webp")`;
  element.style.backgroundSize = size;
  element.style.backgroundPosition = position;
}

/**
 * Mark places of a photo.
 *
 * @param {HTMLElement} plane
 * @param {{ x: number, y: number }[]} places 0 to 1
 */
export function drawDots(plane, places) {
  plane.querySelectorAll(".map-dot").forEach((dot) => dot.remove());
  for (const { x, y } of places) {
    const dot = document.createElement("span");
    dot.className = "map-dot";
    dot.style.left = `${x * 100}%`;
    dot.style.top = `${y * 100}%`;
    plane.append(dot);
  }
}

/**
 * Have the window moved and zoomed by wheel, drag, two fingers and keys.
 *
 * @param {HTMLElement} viewport which scrolls: one finger and the bars are the browser's own
 * @param {(factor: number, x: number, y: number) => void} zoom about a point of the window, in pixels
 */
export function listenToMoves(viewport, zoom) {
  const middle = () => [viewport.clientWidth / 2, viewport.clientHeight / 2];
  const within = (/** @type {number} */ x, /** @type {number} */ y) => {
    const box = viewport.getBoundingClientRect();
    return [x - box.left, y - box.top];
  };
  viewport.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const [x = 0, y = 0] = within(event.clientX, event.clientY);
      zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), x, y);
    },
    { passive: false },
  );
  viewport.addEventListener("keydown", (event) => {
    const factor = { "+": STEP, "=": STEP, "-": 1 / STEP }[event.key];
    const [x = 0, y = 0] = middle();
    if (factor) zoom(factor, x, y);
    if (event.key === "0") zoom(1 / CLOSEST, x, y);
  });
  listenToDrags(viewport);
  let before = 0;
  viewport.addEventListener(
    "touchmove",
    (event) => {
      const [one, other] = event.touches;
      if (!one || !other) return;
      event.preventDefault();
      const apart = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      const [x = 0, y = 0] = within((one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2);
      if (before) zoom(apart / before, x, y);
      before = apart;
    },
    { passive: false },
  );
  viewport.addEventListener("touchend", () => {
    before = 0;
  });
  return (/** @type {number} */ direction) => {
    const [x = 0, y = 0] = middle();
    zoom(STEP ** direction, x, y);
  };
}

/** @param {HTMLElement} viewport */
function listenToDrags(viewport) {
  /** @type {{ x: number, y: number, left: number, top: number, isDrag: boolean } | null} */
  let press = null;
  viewport.addEventListener("pointerdown", ({ pointerType, button, clientX: x, clientY: y }) => {
    if (pointerType === "mouse" && button === 0) press = { x, y, left: viewport.scrollLeft, top: viewport.scrollTop, isDrag: false };
  });
  addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!press) return;
    press.isDrag ||= Math.hypot(clientX - press.x, clientY - press.y) > DRAGGED;
    if (!press.isDrag) return;
    viewport.classList.add("dragged");
    viewport.scrollTo(press.left + press.x - clientX, press.top + press.y - clientY);
  });
  addEventListener("pointerup", () => {
    press = press?.isDrag ? press : null;
  });
  viewport.addEventListener(
    "click",
    (event) => {
      if (press?.isDrag) event.stopPropagation(); // a drag chooses nothing
    },
    { capture: true },
  );
  addEventListener("click", () => {
    viewport.classList.remove("dragged");
    press = null;
  });
}

/**
 * @param {GridDocument} grid
 * @param {number} cell
 */
function createCell(grid, cell) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "map-cell";
  button.tabIndex = -1; // the window takes the keys
  button.dataset.cell = String(cell);
  button.setAttribute("aria-label", describeCell(grid, cell));
  const tile = grid.tile[cell] ?? -1;
  if (tile < 0) button.classList.add("blank");
  else putTile(button, `cells-${grid.side}`, tile, grid.tiles);
  return button;
}

/**
 * @param {GridDocument} grid
 * @param {number} cell
 * @param {string} colour
 * @param {number} most
 */
function markOf(grid, cell, colour, most) {
  if (colour === "class") {
    const label = labelOf(grid, cell);
    return label === undefined ? "" : colourOf(label);
  }
  if (colour === "wrong") return `rgb(214 40 20 / ${grid.wrong[cell] ?? 0})`;
  if (colour === "count") return `rgb(8 105 92 / ${(grid.count[cell] ?? 0) / most})`;
  return "";
}

/**
 * @param {number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  return [...values].sort((one, other) => one - other)[Math.floor(share * (values.length - 1))] ?? 1;
}
