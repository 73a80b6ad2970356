/** The page of a study: the table's state is in the address, and arrow keys go through the charts. */

import { walk } from "./charts.js";
import { find } from "./page.js";
import { SORTS, arrangeRows, naturalOrder, readRanking, writeRanking } from "./ranking.js";
import { enableHeadings, showRows, sortBy } from "./table.js";

/** @typedef {import("./ranking.js").Ranking} Ranking */

const ADDRESS_DELAY = 250; // in ms: browsers refuse to change an address many times a second

const form = find(document, ".controls", HTMLFormElement);
const outcome = find(form, "output", HTMLOutputElement);
const text = find(form, "[name=find]", HTMLInputElement);
const tied = find(form, "[name=tied]", HTMLInputElement);
const choice = form.querySelector("select"); // there is none for a lone backbone
const body = find(document, "#ranking tbody", HTMLTableSectionElement);
const headings = [...document.querySelectorAll("#ranking [data-sort]")];
const elements = [...body.rows];
const rows = elements.map((element) => ({
  model: element.dataset.model ?? "",
  cut: element.dataset.cut ?? "",
  tied: element.dataset.tied === "yes",
  values: new Map(SORTS.map((sort) => [sort, Number(element.getAttribute(`data-${sort.replaceAll("_", "-")}`))])),
}));
const models = [...(choice?.options ?? [])].map((option) => option.value);

let ranking = readRanking(location.search, models);
let timer = 0;

/** Make the page what the state says. */
function apply() {
  const shown = arrangeRows(ranking, rows);
  const order = shown.flatMap((index) => elements[index] ?? []);
  showRows(body, order, headings, ranking);
  const all = `${rows.length} ${rows.length === 1 ? "cut" : "cuts"}`;
  outcome.value = shown.length === rows.length ? all : `${shown.length} of ${all}`;
}

/** @param {Ranking} next */
function change(next) {
  ranking = next;
  apply();
}

function readForm() {
  change({ ...ranking, model: choice?.value ?? "", tied: tied.checked ? "only" : "", find: text.value.trim() });
}

function fillForm() {
  text.value = ranking.find;
  tied.checked = ranking.tied === "only";
  if (choice) choice.value = ranking.model;
}

function isWritten() {
  return writeRanking(ranking) === location.search;
}

function push() {
  clearTimeout(timer);
  if (!isWritten()) history.pushState(null, "", location.pathname + writeRanking(ranking) + location.hash);
}

function replace() {
  clearTimeout(timer);
  if (!isWritten()) history.replaceState(null, "", location.pathname + writeRanking(ranking) + location.hash);
}

enableHeadings(headings, (sort) => {
  change(sortBy(ranking, sort, naturalOrder));
  push();
});
document.querySelectorAll(".graph").forEach(walk);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => {
  readForm();
  clearTimeout(timer);
  timer = setTimeout(replace, ADDRESS_DELAY);
});
form.addEventListener("change", push);
addEventListener("pagehide", replace);
addEventListener("popstate", () => {
  clearTimeout(timer);
  ranking = readRanking(location.search, models);
  fillForm();
  apply();
});
fillForm();
apply();
form.inert = false; // it listens now
