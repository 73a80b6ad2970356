/** The page of a cut: a cell of its confusion matrix, chosen in the address, shows its photos. */

import { DEFAULTS, readState, writeState } from "../state/cut-state.js";
import { fetchDocument } from "../data/fetched-documents.js";
import { find, grouped } from "../components/page-elements.js";
import { divide, percent, select } from "../data/photo-data.js";
import { apart, createThumb, nameThumbs } from "../components/photo-thumbs.js";

/** @typedef {import("../state/cut-state.js").State} State */
/** @typedef {import("../data/photo-data.js").Cell} Cell */
/** @typedef {import("../data/photo-data.js").PhotosData} PhotosData */

const PAGE = 48; // photos shown at first, and with each "More photos"
const FACETS = 40; // parts of a row or a column named
const STUDY = "../../"; // the study's folder as the page sees it

const outcome = find(document, "#outcome", HTMLElement);
const facets = find(document, "#facets", HTMLElement);
const thumbs = find(document, "#thumbs", HTMLElement);
const more = find(document, "#more", HTMLButtonElement);
const title = find(document, "#chosen", HTMLElement);
const form = find(document, ".controls", HTMLFormElement);
const table = find(document, "#class-table tbody", HTMLElement);
const byRecall = [...table.children];
const links = [...document.querySelectorAll("[data-true], [data-predicted]")].map(link);

let state = readState(location.search);
/** @type {number[]} the photos of the state's cell */
let photos = [];
/** @type {Promise<PhotosData> | undefined} */
let fetching;
let request = 0; // a late answer to an earlier one is dropped
let cellShown = ""; // as the address has it

/**
 * Turn what names a class or a cell into a link to its photos.
 *
 * @param {Element} element
 */
function link(element) {
  const anchor = document.createElement("a");
  const content = element.querySelector(".count, bdi") ?? element;
  anchor.append(...content.childNodes);
  content.append(anchor);
  const cell = { true: number(element, "data-true"), predicted: number(element, "data-predicted") };
  return { anchor, cell, element };
}

/**
 * @param {Element} element
 * @param {string} attribute
 */
function number(element, attribute) {
  const text = element.getAttribute(attribute);
  return text === null ? null : Number(text);
}

/** Make the page what the state says. */
async function apply() {
  mark();
  sort();
  const cell = writeState({ ...DEFAULTS, true: state.true, predicted: state.predicted });
  if (cell === cellShown) return;
  cellShown = cell;
  request += 1;
  const mine = request;
  if (isNothing(state)) {
    photos = [];
    say("Photos", "Choose a cell of the table, or a class.");
    thumbs.replaceChildren();
    facets.replaceChildren();
    more.hidden = true;
    return;
  }
  fetching ??= fetchDocument("photos.json");
  const data = await fetching;
  if (mine !== request) return;
  photos = select(state, data);
  const share = photos.length === 1 ? "1 photo" : `${grouped(photos.length)} photos`;
  say(words(state, data), photos.length > 1 ? `${share}, ${order(state)}` : share);
  facets.dataset.label = state.true === null ? "of" : "taken for";
  facets.replaceChildren(...parts(data));
  thumbs.replaceChildren();
  await show(data);
}

/**
 * Show the next photos.
 *
 * @param {PhotosData} data
 */
async function show(data) {
  const next = photos.slice(thumbs.childElementCount, thumbs.childElementCount + PAGE);
  const items = next.map((photo) => createThumb(photo, data.label.length, STUDY, caption(photo, data)));
  thumbs.append(...items.map(({ element }) => element));
  more.hidden = thumbs.childElementCount >= photos.length;
  await nameThumbs(items, STUDY);
}

/**
 * @param {number} photo
 * @param {PhotosData} data
 * @returns {(string | Node)[]}
 */
function caption(photo, data) {
  const sure = `${percent(data.probability[photo] ?? 0)} sure`;
  const label = data.label[photo] ?? 0;
  const predicted = data.predicted[photo] ?? 0;
  if (state.true !== null && state.predicted !== null) return [sure];
  if (label === predicted) return ["rightly, ", sure];
  if (state.true !== null) return ["taken for ", apart(nameOf(predicted, data)), ", ", sure];
  return ["is ", apart(nameOf(label, data)), ", ", sure];
}

/** @param {PhotosData} data */
function parts(data) {
  return divide(state, photos, data)
    .slice(0, FACETS)
    .map(({ cell, index, photos: count }) => {
      const anchor = document.createElement("a");
      anchor.href = address({ ...state, ...cell });
      anchor.append(apart(nameOf(index, data)), ` ${grouped(count)}`);
      const element = document.createElement("li");
      element.append(anchor);
      return element;
    });
}

/** Mark what is chosen, and have every link lead to its own cell and keep the rest of the state. */
function mark() {
  for (const { anchor, cell, element } of links) {
    const isChosen = cell.true === state.true && cell.predicted === state.predicted && !isNothing(state);
    element.toggleAttribute("data-chosen", isChosen);
    if (isChosen) anchor.setAttribute("aria-current", "true");
    else anchor.removeAttribute("aria-current");
    anchor.href = address({ ...state, ...(isChosen ? { true: null, predicted: null } : cell) });
  }
  for (const carry of document.querySelectorAll("a[data-carry]")) {
    if (carry instanceof HTMLAnchorElement) carry.search = writeState(state);
  }
}

/** Put the classes into the order that the state says. */
function sort() {
  const rows = [...byRecall];
  if (state.classes === "name") rows.sort((one, other) => (number(one, "data-index") ?? 0) - (number(other, "data-index") ?? 0));
  if (rows.some((row, position) => row !== table.children[position])) table.append(...rows);
  find(form, `[value=${state.classes}]`, HTMLInputElement).checked = true;
}

/**
 * @param {Cell} cell
 * @param {PhotosData} data
 * @returns {(string | Node)[]}
 */
function words(cell, data) {
  const of = cell.true === null ? null : apart(nameOf(cell.true, data));
  const to = cell.predicted === null ? null : apart(nameOf(cell.predicted, data));
  if (of && to) return cell.true === cell.predicted ? [of, ", rightly"] : [of, " taken for ", to];
  if (of) return ["Photos of ", of];
  return to ? ["Taken for ", to] : [];
}

/** @param {Cell} cell */
function order(cell) {
  if (cell.true !== null && cell.predicted === cell.true) return "least sure first";
  return cell.true === null || cell.predicted === null ? "surest mistakes first" : "surest first";
}

/**
 * @param {number} index
 * @param {PhotosData} data
 */
function nameOf(index, data) {
  return data.classes[index] ?? `class ${index}`;
}

/**
 * @param {string | (string | Node)[]} heading
 * @param {string} text
 */
function say(heading, text) {
  title.replaceChildren(...[heading].flat());
  outcome.textContent = text;
}

/** @param {Cell} cell */
function isNothing(cell) {
  return cell.true === null && cell.predicted === null;
}

/** @param {State} next */
function address(next) {
  return location.pathname + writeState(next);
}

/** @param {unknown} error */
function refuse(error) {
  fetching = undefined;
  cellShown = "";
  outcome.textContent = error instanceof Error ? error.message : String(error);
}

/** @param {Event} event */
function isInPlace(event) {
  return event instanceof MouseEvent && event.button === 0 && !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
}

/**
 * Go to a state: the address says so, and "back" leads back.
 *
 * @param {State} next
 */
async function go(next) {
  state = next;
  history.pushState(null, "", address(state));
  await apply();
}

document.addEventListener("click", (event) => {
  const anchor = event.target instanceof Element ? event.target.closest("[data-true] a, [data-predicted] a, #facets a") : null;
  if (!(anchor instanceof HTMLAnchorElement) || !isInPlace(event)) return;
  event.preventDefault();
  go(readState(anchor.search))
    .then(() => title.scrollIntoView({ block: "nearest" }))
    .catch(refuse);
});
form.addEventListener("change", () => {
  const value = new FormData(form).get("classes");
  go({ ...state, classes: value === "name" ? "name" : "recall" }).catch(refuse);
});
more.addEventListener("click", () => {
  const shown = thumbs.childElementCount;
  fetching
    ?.then((data) => {
      const done = show(data);
      if (more.hidden) title.focus({ preventScroll: true }); // it had the focus, and is gone
      thumbs.children[shown]?.scrollIntoView({ block: "nearest" });
      return done;
    })
    .catch(refuse);
});
addEventListener("popstate", () => {
  state = readState(location.search);
  apply().catch(refuse);
});
form.addEventListener("submit", (event) => event.preventDefault());
apply()
  .then(() => {
    if (!isNothing(state) && scrollY === 0) title.scrollIntoView({ block: "nearest" }); // else it is not seen
  })
  .catch(refuse);
form.inert = false; // it listens now
