/** All weights between two cuts: which one is looked at, and how close, are in the address. */

import { createIcon, fetchPictures } from "../components/channel-icons.js";
import { find } from "../components/page-elements.js";
import { listenToMoves } from "../components/window-moves.js";
import { fetchDocument } from "../data/fetched-documents.js";
import { signedText } from "../data/signed-numbers.js";
import { strongestPixel, weightOf } from "../data/weight-data.js";
import { readWeights, writeWeights } from "../state/weights-state.js";

/** @typedef {import("../data/weight-data.js").WeightsDocument} WeightsDocument */
/** @typedef {import("../components/channel-icons.js").Pictures} Pictures */
/** @typedef {{ row: number, column: number }} Cell of the picture */

const LARGEST_CELL = 28; // in pixels
const ADDRESS_DELAY = 250; // in ms: browsers refuse to change an address many times a second

const viewport = find(document, "#viewport", HTMLElement);
const plane = find(document, "#plane", HTMLElement);
const matrix = find(document, "#matrix", HTMLImageElement);
const cursor = find(document, "#cursor", HTMLElement);
const outcome = find(document, "#outcome", HTMLOutputElement);

let state = readWeights(location.search);
let timer = 0;

async function start() {
  /** @type {WeightsDocument} */
  const weights = await fetchDocument("weights.json");
  const [before, after] = await Promise.all([fetchPictures(weights.page), fetchPictures("../")]);
  await matrix.decode().catch(() => {
    throw new Error("matrix.png: expected a picture that this page may read, got none; its host is to send Access-Control-Allow-Origin");
  });
  const rows = weights.inputs.length;
  const columns = weights.outputs.length;
  const pixels = readPixels(columns, rows);
  const first = strongestPixel(pixels);
  /** @type {Cell} */
  let looked = cellOf(weights) ?? { row: Math.floor(first / columns), column: first % columns };
  let shown = -1;

  const highest = () => parseFloat(getComputedStyle(viewport).maxHeight);
  const fit = () => Math.min(viewport.clientWidth / columns, highest() / rows);
  const closest = () => Math.max(1, LARGEST_CELL / fit());
  const side = () => fit() * Math.min(state.zoom, closest());

  /** Make the window what the state says, and show the cell that is looked at. */
  function draw() {
    const cell = side();
    plane.style.width = `${cell * columns}px`;
    plane.style.height = `${cell * rows}px`;
    cursor.style.width = cursor.style.height = `${cell}px`;
    cursor.style.left = `${cell * looked.column}px`;
    cursor.style.top = `${cell * looked.row}px`;
    cursor.hidden = false;
    const index = looked.row * columns + looked.column;
    if (index === shown) return;
    shown = index;
    const input = weights.inputs[looked.row] ?? 0;
    const output = weights.outputs[looked.column] ?? 0;
    showChannel("input", input, before);
    showChannel("output", output, after);
    const weight = weightOf(pixels, index, weights.largest);
    outcome.value = `Channel ${input} to channel ${output}: weight ${signedText(weight, weights.largest, 2)}`;
  }

  /** @param {Cell} cell */
  function choose({ row, column }) {
    looked = { row: Math.max(0, Math.min(rows - 1, row)), column: Math.max(0, Math.min(columns - 1, column)) };
    state = { ...state, input: weights.inputs[looked.row] ?? null, output: weights.outputs[looked.column] ?? null };
    draw();
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
    clearTimeout(timer);
    timer = setTimeout(writeAddress, ADDRESS_DELAY);
  }

  function follow() {
    choose(looked);
    writeAddress(); // so that the way back leads to this cell
    find(document, "#output a", HTMLAnchorElement).click();
  }

  /** @param {MouseEvent} event @returns {Cell} */
  const cellAt = ({ clientX, clientY }) => {
    const box = plane.getBoundingClientRect();
    const at = (/** @type {number} */ offset, /** @type {number} */ count) =>
      Math.max(0, Math.min(count - 1, Math.floor(offset / side())));
    return { row: at(clientY - box.top, rows), column: at(clientX - box.left, columns) };
  };

  /**
   * @param {number} factor
   * @param {number} x
   * @param {number} y
   */
  function zoom(factor, x, y) {
    const from = side();
    state = { ...state, zoom: Math.max(1, Math.min(closest(), state.zoom * factor)) };
    draw();
    const grown = side() / from;
    viewport.scrollTo((viewport.scrollLeft + x) * grown - x, (viewport.scrollTop + y) * grown - y);
    clearTimeout(timer);
    timer = setTimeout(writeAddress, ADDRESS_DELAY);
  }

  const step = listenToMoves(viewport, zoom);
  for (const button of document.querySelectorAll(".zooms button")) {
    button.addEventListener("click", () => step(button.getAttribute("name") === "closer" ? 1 : -1));
  }
  viewport.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter") follow();
    if (!by) return;
    event.preventDefault();
    choose({ row: looked.row + (by[0] ?? 0), column: looked.column + (by[1] ?? 0) });
  });
  plane.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return; // a finger looks by a tap
    looked = cellAt(event);
    draw();
  });
  plane.addEventListener("click", (event) => {
    const cell = cellAt(event);
    const isLooked = cell.row === looked.row && cell.column === looked.column;
    if (isLooked) follow();
    else choose(cell);
  });
  addEventListener("popstate", () => {
    state = readWeights(location.search);
    looked = cellOf(weights) ?? looked;
    draw();
  });
  new ResizeObserver(draw).observe(viewport);
  draw();
  if (cellOf(weights)) cursor.scrollIntoView({ block: "nearest", inline: "center" });
}

/**
 * Where the cell that the state names lies; null if it names none of this picture.
 *
 * @param {WeightsDocument} weights
 * @returns {Cell | null}
 */
function cellOf({ inputs, outputs }) {
  const row = inputs.indexOf(state.input ?? -1);
  const column = outputs.indexOf(state.output ?? -1);
  return row < 0 || column < 0 ? null : { row, column };
}

/**
 * @param {number} width
 * @param {number} height
 */
function readPixels(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("matrix.png: expected a canvas to read it by, got none");
  context.drawImage(matrix, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

/**
 * @param {string} which "input" or "output"
 * @param {number} channel
 * @param {Pictures} pictures
 */
function showChannel(which, channel, pictures) {
  const figure = find(document, `#${which}`, HTMLElement);
  const tile = find(figure, ".tile", HTMLElement);
  tile.replaceChildren(createIcon(channel, pictures));
  const name = find(figure, ".name", HTMLElement);
  name.textContent = `Channel ${channel}`;
  if (name instanceof HTMLAnchorElement) name.href = `${pictures.page}${channel}/`;
}

function writeAddress() {
  clearTimeout(timer);
  history.replaceState(null, "", location.pathname + writeWeights(state));
}

start().catch((error) => {
  outcome.value = error instanceof Error ? error.message : String(error);
});
