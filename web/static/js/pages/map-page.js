/** The page of a map: what is asked, where its window is and which cell is chosen are in the address. */

import { fetchPictures } from "../components/channel-icons.js";
import { createPane } from "../components/cell-pane.js";
import { colourOf, describeCell, drawCells, drawDots, listenToMoves } from "../components/map-plane.js";
import { find } from "../components/page-elements.js";
import { fetchDocument } from "../data/fetched-documents.js";
import { cellToward, gridFor, labelOf } from "../data/map-grid.js";
import { carried, CLOSEST, readMap, writeMap } from "../state/map-state.js";

/** @typedef {import("../data/map-grid.js").GridDocument} GridDocument */
/** @typedef {import("../state/map-state.js").Chosen} Chosen */

const form = find(document, "#asks", HTMLFormElement);
const viewport = find(document, "#viewport", HTMLElement);
const plane = find(document, "#plane", HTMLElement);
const pane = find(document, "#cell", HTMLElement);
const legend = find(document, "#legend", HTMLElement);
const outcome = find(document, "#outcome", HTMLElement);
const selects = [...form.querySelectorAll("select")];
const { base = "", atlas = "", own = "" } = viewport.dataset;
const sides = (viewport.dataset.grids ?? "").split(" ").map(Number);
const empty = [...pane.childNodes];

let state = readMap(location.search);
/** @type {GridDocument | null} */
let grid = null;
let request = 0; // a late answer to an earlier one is dropped
let settled = 0; // the timer that writes where the window is

/** Make the page what the state says. */
async function apply() {
  request += 1;
  const mine = request;
  const width = viewport.clientWidth * state.zoom;
  plane.style.width = plane.style.height = `${width}px`;
  const side = gridFor(sides, width);
  const chosen = state.cell;
  const [shown, dots, chosenGrid, pictures] = await Promise.all([
    fetchGrid(side),
    state.photo === null ? null : fetchDocument("photos.json"),
    chosen && sides.includes(chosen.side) ? fetchGrid(chosen.side) : null,
    fetchPictures(atlas),
  ]);
  if (mine !== request) return;
  grid = shown;
  outcome.textContent = "";
  draw();
  legend.replaceChildren(...legendOf(shown));
  const places = dots ? placesOf(dots, state.photo ?? -1) : [];
  drawDots(plane, places);
  if (dots && !places.length) outcome.textContent = "This photo is not on the map.";
  const cell = chosen && chosenGrid ? indexOf(chosenGrid, chosen) : -1;
  if (chosenGrid && cell >= 0) {
    pane.replaceChildren(...createPane(chosenGrid, cell, base, own !== "", pictures));
    outcome.textContent = describeCell(chosenGrid, cell);
  } else pane.replaceChildren(...empty);
  if (chosen && cell < 0) outcome.textContent = "Nothing lies in the cell that the address names.";
  carry();
}

function draw() {
  if (grid) drawCells(viewport, plane, grid, state);
}

/** Have the links to other layers' maps lead to the same view. */
function carry() {
  for (const link of document.querySelectorAll("a[data-carry]")) {
    if (link instanceof HTMLAnchorElement) link.search = writeMap(carried(state));
  }
}

/** @param {GridDocument} shown */
function legendOf(shown) {
  const name = (/** @type {number} */ label) => shown.names[String(label)] ?? "";
  if (state.label !== null && state.against !== null) {
    return [`to the left what speaks for \u2068${name(state.against)}\u2069, to the right for \u2068${name(state.label)}\u2069; down as on the map`];
  }
  if (state.colour === "class") {
    const labels = shown.row.map((_, cell) => labelOf(shown, cell));
    const found = [...new Set(labels)].filter((label) => label !== undefined).sort((one, other) => one - other);
    return found.slice(0, 24).map((label) => swatch(colourOf(label), name(label)));
  }
  if (state.colour === "wrong") return [swatch("rgb(214 40 20)", "all of photos taken for a wrong class; the fainter, the fewer")];
  if (state.colour === "count") return [swatch("rgb(8 105 92)", `${Math.max(...shown.count)} places; the fainter, the fewer`)];
  return [];
}

/**
 * @param {string} colour
 * @param {string} words
 */
function swatch(colour, words) {
  const item = document.createElement("span");
  const mark = document.createElement("i");
  mark.style.setProperty("--mark", colour);
  item.append(mark, words);
  return item;
}

/** @param {number} side */
function fetchGrid(side) {
  const known = grids.get(side);
  if (known) return known;
  const coming = fetchDocument(`grid-${side}.json`);
  grids.set(side, coming);
  coming.catch(() => grids.delete(side)); // to be tried again
  return coming;
}
/** @type {Map<number, Promise<GridDocument>>} */
const grids = new Map();

/**
 * @param {GridDocument} of
 * @param {Chosen} chosen
 */
function indexOf(of, { row, column }) {
  return of.row.findIndex((one, index) => one === row && of.column[index] === column);
}

/**
 * @param {any} document_
 * @param {number} photo
 */
function placesOf(document_, photo) {
  /** @type {number[]} */
  const steps = document_.position[String(photo)] ?? [];
  return steps.flatMap((x, index) => (index % 2 ? [] : [{ x: x / document_.steps, y: (steps[index + 1] ?? 0) / document_.steps }]));
}

/** Put the window where the state says. */
function scroll() {
  const width = viewport.clientWidth * state.zoom;
  viewport.scrollTo(state.x * width - viewport.clientWidth / 2, state.y * width - viewport.clientHeight / 2);
}

/** @param {typeof state} next */
function go(next) {
  state = next;
  history.pushState(null, "", location.pathname + writeMap(state));
  apply().catch(refuse);
}

/**
 * @param {number} factor
 * @param {number} x
 * @param {number} y
 */
function zoom(factor, x, y) {
  const before = state.zoom;
  const after = Math.max(1, Math.min(CLOSEST, before * factor));
  if (after === before) return;
  const left = ((viewport.scrollLeft + x) / before) * after - x;
  const top = ((viewport.scrollTop + y) / before) * after - y;
  state = { ...state, zoom: after };
  plane.style.width = plane.style.height = `${viewport.clientWidth * after}px`;
  viewport.scrollTo(left, top);
  settle();
  apply().catch(refuse);
}

/** Write where the window is, when it has come to rest. */
function settle() {
  clearTimeout(settled);
  settled = setTimeout(() => {
    const width = viewport.clientWidth * state.zoom;
    const middle = (/** @type {number} */ start, /** @type {number} */ size) => Math.max(0, Math.min(1, (start + size / 2) / width));
    state = { ...state, x: middle(viewport.scrollLeft, viewport.clientWidth), y: middle(viewport.scrollTop, viewport.clientHeight) };
    history.replaceState(null, "", location.pathname + writeMap(state));
    carry();
  }, 150);
}

/** @param {number} cell of the grid that is shown, by index */
function choose(cell) {
  if (!grid) return;
  go({ ...state, cell: { side: grid.side, row: grid.row[cell] ?? 0, column: grid.column[cell] ?? 0 } });
}

/** @param {number} cell of the grid that is shown, by index: the window moves to where it is */
function reveal(cell) {
  if (!grid) return;
  const width = plane.clientWidth / grid.side;
  const into = (/** @type {number} */ at, /** @type {number} */ start, /** @type {number} */ size) =>
    at * width < start ? at * width : Math.max(start, (at + 1) * width - size);
  viewport.scrollTo(
    into(grid.column[cell] ?? 0, viewport.scrollLeft, viewport.clientWidth),
    into(grid.row[cell] ?? 0, viewport.scrollTop, viewport.clientHeight),
  );
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

const step = listenToMoves(viewport, zoom);
plane.addEventListener("click", ({ target }) => {
  if (target instanceof HTMLElement && target.dataset.cell) choose(Number(target.dataset.cell));
});
viewport.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.cell) go({ ...state, cell: null });
  if (!grid || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  const at = state.cell?.side === grid.side ? indexOf(grid, state.cell) : -1;
  const next = at < 0 ? grid.count.indexOf(Math.max(...grid.count)) : cellToward(grid, at, event.key);
  if (next === null) return;
  choose(next);
  reveal(next);
});
let waiting = false;
viewport.addEventListener("scroll", () => {
  settle();
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", ({ target }) => {
  if (target instanceof HTMLButtonElement) step(target.name === "closer" ? 1 : -1);
});
form.addEventListener("change", () => {
  const values = Object.fromEntries(selects.map((select) => [select.name, select.value]));
  const index = (/** @type {string | undefined} */ text) => (text ? Number(text) : null);
  const label = index(values.class);
  const against = label === null ? null : index(values.against);
  go({ ...state, label, against: against === label ? null : against, colour: values.colour ?? "" });
  fillForm();
});
addEventListener("popstate", () => {
  state = readMap(location.search);
  fillForm();
  apply().then(scroll).catch(refuse);
});
new ResizeObserver(() => {
  const { x, y } = state;
  apply()
    .then(() => {
      state = { ...state, x, y };
      scroll();
    })
    .catch(refuse);
}).observe(viewport);
fillForm();
form.inert = false; // it listens now
