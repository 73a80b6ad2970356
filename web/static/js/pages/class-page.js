/** The page of a class: layer and class to compare with are in the address. */

import { createTable } from "../components/channel-table.js";
import { readClass, writeClass } from "../state/class-state.js";
import { fetchDocument } from "../data/fetched-documents.js";
import { signedText } from "../data/signed-numbers.js";
import { fetchPictures } from "../components/channel-icons.js";
import { peakOf } from "../data/attribution-data.js";
import { unpack } from "../data/unpacking.js";
import { GraphSection } from "../components/graph-section.js";
import { find } from "../components/page-elements.js";
import { draw } from "../components/svg-elements.js";

/** @typedef {import("../components/channel-icons.js").Pictures} Pictures */

const form = find(document, "#asks", HTMLFormElement);
const view = find(form, "[name=view]", HTMLSelectElement);
const against = find(form, "[name=against]", HTMLSelectElement);
const rows = find(document, ".class-pane .rows", HTMLElement);
const heat = find(document, "#heat", HTMLElement);
const pattern = find(heat, "defs", SVGElement);
const outcome = find(document, "#outcome", HTMLElement);
const name = find(document, "h1", HTMLElement).textContent ?? "";
const asBuilt = { rows: [...rows.childNodes], heat: [...heat.childNodes], least: text("least"), most: text("most") };
const choices = [...document.querySelectorAll("#views li")].map((item) => {
  const { key = "", layer = "", graph = "", folder = "", atlas = "" } = item instanceof HTMLElement ? item.dataset : {};
  return { key, layer, graph, folder, atlas, name: item.textContent ?? "" };
});
const keys = choices.map(({ key }) => key);
const section = document.querySelector(".graphs");
const graphs = section && new GraphSection(section, choices, (node) => go({ node }));

let state = readClass(location.search, keys);
let request = 0; // a late answer to an earlier one is dropped

/** Make the page what the state says. */
async function apply() {
  request += 1;
  const mine = request;
  const choice = choices.find(({ key }) => key === state.view) ?? choices[0];
  if (!choice) return;
  outcome.textContent = "";
  const other = state.against === null ? [] : [`../${state.against}/${choice.graph}`];
  graphs?.show([choice.graph, ...other], state.node).catch(refuse);
  const isAsBuilt = !state.view && state.against === null;
  find(document, "#all-channels", HTMLElement).hidden = !isAsBuilt;
  if (isAsBuilt) {
    rows.replaceChildren(...asBuilt.rows);
    heat.replaceChildren(...asBuilt.heat);
    write("least", asBuilt.least);
    write("most", asBuilt.most);
    return;
  }
  const [document_, pictures] = await Promise.all([fetchDocument(`${choice.folder}class.json`), fetchPictures(choice.atlas)]);
  if (mine !== request) return;
  const wanted = state.against ?? -1;
  const found = document_.targets.find((/** @type {any} */ target) => target.against === wanted);
  if (!found) {
    outcome.textContent = "The difference of these two classes was not kept for this layer.";
    return;
  }
  show(found, document_, choice.name, pictures);
}

/**
 * @param {any} target
 * @param {{ rows: number, columns: number }} grid
 * @param {string} layer
 * @param {Pictures} pictures
 */
function show(target, grid, layer, pictures) {
  const entries = target.channel.map((/** @type {number} */ channel, /** @type {number} */ index) => ({
    channel,
    value: target.mean[index],
    low: target.low[index],
    high: target.high[index],
  }));
  const scale = peakOf([...target.mean, ...target.low, ...target.high]);
  const other = against.selectedOptions[0]?.textContent ?? "";
  const of = state.against === null ? `\u2068${name}\u2069` : `\u2068${name}\u2069 minus \u2068${other}\u2069`;
  const photos = target.photos === 1 ? "1 photo" : `${target.photos} photos`;
  const caption = `Mean attribution to ${of} at ${layer}, over ${photos} of it; the line spans nine photos in ten`;
  rows.replaceChildren(createTable({ caption, entries, scale, isSigned: true, chosen: null, pictures, leads: true }));
  const values = unpack(target.heatmap);
  const peak = peakOf(values);
  const cells = [...values].map((value, cell) => {
    const box = { x: cell % grid.columns, y: Math.floor(cell / grid.columns), width: 1, height: 1 };
    const strength = peak > 0 ? (Math.abs(value) / peak).toFixed(2) : 0;
    return draw("rect", { ...box, ...(value < 0 ? { fill: "url(#mean-heat)" } : { class: "for" }), "fill-opacity": strength });
  });
  const label = `The mean heatmap of the photos, ${of}`;
  const attributes = { class: "heat", viewBox: `0 0 ${grid.columns} ${grid.rows}`, role: "img", "aria-label": label };
  heat.replaceChildren(draw("svg", attributes, pattern.cloneNode(true), draw("g", { class: "cells" }, ...cells)));
  write("least", signedText(-peak, peak));
  write("most", signedText(peak, peak));
}

/** @param {string} id */
function text(id) {
  return find(document, `#${id}`, HTMLElement).textContent ?? "";
}

/**
 * @param {string} id
 * @param {string} words
 */
function write(id, words) {
  find(document, `#${id}`, HTMLElement).textContent = words;
}

function fillForm() {
  view.value = state.view || (keys[0] ?? "");
  against.value = String(state.against ?? "");
}

/** Go to a state: the address says so, and "back" leads back. @param {Partial<import("../state/class-state.js").ClassState>} next */
function go(next) {
  state = { ...state, ...next };
  history.pushState(null, "", location.pathname + writeClass(state));
  apply().catch(refuse);
}

/** @param {unknown} error */
function refuse(error) {
  outcome.textContent = error instanceof Error ? error.message : String(error);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", () => {
  go({ view: view.value === keys[0] ? "" : view.value, against: against.value === "" ? null : Number(against.value) });
});
addEventListener("popstate", () => {
  state = readClass(location.search, keys);
  fillForm();
  apply().catch(refuse);
});
fillForm();
apply().catch(refuse);
form.inert = false; // it listens now
