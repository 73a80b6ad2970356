/** The page of a map: what is asked, where its window is and what is chosen are in the address. */

import { listCells } from "../components/map/cell-list.js";
import { cellAt, chosenArea, drawMap, seenArea } from "../components/map/map-canvas.js";
import { listenToMoves } from "../components/map/map-gestures.js";
import { createLegend } from "../components/map/map-legend.js";
import { createMapPane, fetchOnce } from "../components/map/map-pane.js";
import { find } from "../components/page-elements.js";
import { areaOf, cellToward, describeCell, gridFor, grownArea, indexOf, nearestCell } from "../data/map-grid.js";
import { lookOf } from "../data/map-look.js";
import { placesOf } from "../data/map-photos.js";
import { areaBetween, middleOf, moved, showing, spanOf, within, zoomed } from "../data/map-view.js";
import { carried, CLOSEST, readMap, writeMap } from "../state/map-state.js";

/** @typedef {import("../components/map/map-canvas.js").Layer} Layer */
/** @typedef {import("../components/map/map-gestures.js").Point} Point */
/** @typedef {import("../data/map-view.js").Area} Area */
/** @typedef {import("../state/map-state.js").MapState} MapState */

const STEP = 1.5; // of a key or a button
const REST = 150; // milliseconds after which the window has come to rest

const form = find(document, "#asks", HTMLFormElement);
const viewport = find(document, "#viewport", HTMLElement);
const canvas = find(viewport, "canvas", HTMLCanvasElement);
const pane = find(document, "#cell", HTMLElement);
const legend = find(document, "#legend", HTMLElement);
const list = find(document, "#cells", HTMLDetailsElement);
const outcome = find(document, "#outcome", HTMLElement);
const marking = find(form, "[name=mark]", HTMLButtonElement);
const selects = [...form.querySelectorAll("select")];
const { base = "", atlas = "", own = "" } = viewport.dataset;
const numbers = (/** @type {string | undefined} */ text) => (text ? text.split(" ").map(Number) : []);
const sides = numbers(viewport.dataset.grids);
const coloured = numbers(viewport.dataset.coloured);
const closest = Math.min(CLOSEST, Math.max(2, (sides.at(-1) ?? 1) / 2));
const hint = [...pane.childNodes];

let state = readMap(location.search);
let view = { width: 0, height: 0, ...windowOf(state) };
/** @type {Layer | null} */
let layer = null;
/** @type {Layer | null} what was drawn before */
let under = null;
/** @type {Map<number, Layer>} by side, for what is asked now */
const layers = new Map();
/** @type {{ x: number, y: number }[]} */
let places = [];
let pointed = -1; // the cell, by index
/** @type {Area | null} */
let marked = null; // while it is drawn
let request = 0; // a late answer to an earlier one is dropped
let paneRequest = 0;
let settling = 0; // the timer that writes where the window is
let isDue = false; // whether a frame is asked for

/** Make the page what the state says. */
async function apply() {
  layers.clear();
  under = null;
  await refine();
  if (!layer) return;
  const { grid } = layer;
  legend.replaceChildren(...createLegend(grid, state, coloured, nameOf));
  places = state.photo === null ? [] : placesOf(await fetchOnce("photos.json"), state.photo);
  draw();
  await showPane();
  carry();
}

/** Show the grid for how near one is. */
async function refine() {
  const side = gridFor(sides, spanOf(view));
  if (layers.get(side) === layer && layer) return;
  request += 1;
  const mine = request;
  const [grid, classes] = await Promise.all([fetchOnce(`grid-${side}.json`), state.label === null ? null : fetchOnce(`classes-${side}.json`)]);
  if (mine !== request) return;
  const next = layers.get(side) ?? { grid, look: lookOf(grid, state, classes, coloured) };
  layers.set(side, next);
  under = layers.size > 1 ? layer : null; // of what is asked now
  layer = next;
  pointed = -1;
  draw();
  settle();
}

/** Ask for a frame. */
function draw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    if (!layer) return;
    const chosen = [state.cell && chosenArea(layer, state.cell)].filter((area) => area !== null);
    drawMap(canvas, view, { layer, under, chosen, pointed: seenArea(layer, pointed), area: marked ?? state.area, places }, draw);
  });
}

/** Show beside the map what is chosen, or else pointed at. */
async function showPane() {
  if (!layer) return;
  paneRequest += 1;
  const mine = paneRequest;
  const { cell, area, photo } = state;
  const grid = cell && sides.includes(cell.side) ? await fetchOnce(`grid-${cell.side}.json`) : layer.grid;
  const index = cell ? (grid.side === cell.side ? indexOf(grid, cell) : -1) : isFree() ? pointed : -1;
  const parts = await createMapPane({ grid, cell: index, area, photo }, { base, atlas, isOwn: own !== "" });
  if (mine !== paneRequest) return;
  pane.replaceChildren(...(parts.length ? parts : hint));
  if (area) outcome.textContent = pane.querySelector("h2")?.textContent ?? "";
  else if (cell) outcome.textContent = index >= 0 ? describeCell(grid, index) : "Nothing lies in the cell that the address names.";
  else outcome.textContent = photo !== null && !places.length ? "This photo is not on the map." : "";
}

/** Where the window is. @param {MapState} of */
function windowOf({ zoom, x, y }) {
  return { zoom: Math.min(closest, zoom), x, y };
}

/** The name of a class that one may ask for. @param {number} label */
function nameOf(label) {
  return form.querySelector(`[name=class] [value="${label}"]`)?.textContent ?? "";
}

/** Whether nothing is chosen, so that the pane shows what is pointed at. */
function isFree() {
  return !state.cell && !state.area && state.photo === null;
}

/** Have the links to other layers' maps lead to the same view. */
function carry() {
  for (const link of document.querySelectorAll("a[data-carry]"))
    if (link instanceof HTMLAnchorElement) link.search = writeMap(carried(state));
}

/** @param {MapState} next */
function go(next) {
  if (next.cell && next.cell !== state.cell) view = showing(view, areaOf(next.cell));
  state = { ...next, zoom: view.zoom, x: view.x, y: view.y };
  history.pushState(null, "", location.pathname + writeMap(state));
  apply().catch(refuse);
}

/** @param {typeof view} next */
function look(next) {
  const isOther = next.zoom !== view.zoom;
  view = next;
  draw();
  settle();
  if (isOther) refine().catch(refuse);
}

/**
 * @param {number} factor
 * @param {number} [left]
 * @param {number} [top]
 */
function zoom(factor, left = view.width / 2, top = view.height / 2) {
  const before = view.zoom;
  look(zoomed(view, factor, left, top, closest));
  return view.zoom !== before;
}

/** Write where the window is, when it has come to rest. */
function settle() {
  clearTimeout(settling);
  settling = setTimeout(() => {
    state = { ...state, zoom: view.zoom, x: view.x, y: view.y };
    history.replaceState(null, "", location.pathname + writeMap(state));
    carry();
    showList();
  }, REST);
}

function showList() {
  if (list.open && layer) find(list, "div", HTMLElement).replaceChildren(...listCells(layer.grid, view));
}

/** @param {number} cell of the grid that is shown, by index */
function choose(cell) {
  if (!layer) return;
  const { side, row, column } = layer.grid;
  go({ ...state, cell: { side, row: row[cell] ?? 0, column: column[cell] ?? 0 }, area: null });
}

/** @param {KeyboardEvent} event of an arrow */
function walk({ key, shiftKey }) {
  if (!layer) return;
  const { grid } = layer;
  if (shiftKey && state.cell) return go({ ...state, area: grownArea(state.cell, state.area, key) });
  const at = state.cell?.side === grid.side ? indexOf(grid, state.cell) : -1;
  const from = state.cell ? middleOf(areaOf(state.cell)) : view;
  const next = at < 0 ? nearestCell(grid, from) : cellToward(grid, at, key);
  if (next !== null) choose(next);
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {boolean} isDone
 */
function mark(from, to, isDone) {
  const area = areaBetween(view, from, to);
  marked = isDone ? null : area;
  if (isDone) setMarking(false);
  if (isDone && area) go({ ...state, area });
  else draw();
}

/** @param {boolean} isMarking whether the next drag marks an area */
function setMarking(isMarking) {
  marking.setAttribute("aria-pressed", String(isMarking));
  viewport.classList.toggle("marking", isMarking);
}

/** @param {Point | null} at */
function point(at) {
  const cell = at && layer ? cellAt(view, layer, at.left, at.top) : -1;
  if (cell === pointed) return;
  pointed = cell;
  draw();
  if (cell >= 0 && isFree()) showPane().catch(refuse);
}

/** @param {unknown} error */
function refuse(error) {
  outcome.textContent = error instanceof Error ? error.message : String(error);
}

function fillForm() {
  for (const select of selects) {
    const value = { class: state.label, against: state.against, colour: state.colour }[select.name];
    select.value = String(value ?? "");
  }
}

listenToMoves(viewport, {
  move: (right, down) => look(moved(view, right, down)),
  zoom,
  mark,
  tap: ({ left, top }) => {
    const cell = layer ? cellAt(view, layer, left, top) : -1;
    if (cell >= 0) choose(cell);
  },
  point,
  isMarking: () => marking.getAttribute("aria-pressed") === "true",
});
viewport.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !isFree()) {
    setMarking(false);
    go(state.area ? { ...state, area: null } : state.cell ? { ...state, cell: null } : { ...state, photo: null });
  }
  const factor = { "+": STEP, "=": STEP, "-": 1 / STEP, 0: 1 / CLOSEST }[event.key];
  if (factor) zoom(factor);
  if (!event.key.startsWith("Arrow")) return;
  event.preventDefault();
  walk(event);
});
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-view]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { cell, area, photo } = readMap(link.search);
  go({ ...state, cell, area, photo: cell || area ? state.photo : photo });
  viewport.scrollIntoView({ block: "nearest" });
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", ({ target }) => {
  if (target === marking) setMarking(marking.getAttribute("aria-pressed") !== "true");
  else if (target instanceof HTMLButtonElement) zoom(target.name === "closer" ? STEP : 1 / STEP);
});
form.addEventListener("change", () => {
  const values = Object.fromEntries(selects.map((select) => [select.name, select.value]));
  const index = (/** @type {string | undefined} */ text) => (text ? Number(text) : null);
  const label = index(values.class);
  const against = label === null ? null : index(values.against);
  go({ ...state, label, against: against === label ? null : against, colour: values.colour ?? "" });
  fillForm();
});
list.addEventListener("toggle", showList);
addEventListener("popstate", () => {
  state = readMap(location.search);
  view = within({ ...view, ...windowOf(state) });
  fillForm();
  apply().catch(refuse);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
new ResizeObserver(() => {
  const isFirst = !view.width;
  view = within({ ...view, width: viewport.clientWidth, height: viewport.clientHeight });
  (isFirst ? apply() : refine()).then(draw).catch(refuse);
}).observe(viewport);
fillForm();
form.inert = false; // it listens now
