/** The page of a study: the table's state is in the address, and arrow keys go through the charts. */

import { moveInChart } from "./movement.js";
import { find } from "./page.js";
import { SORTS, arrangeRows, readRanking, sortBy, writeRanking } from "./ranking.js";

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
  if (order.length !== body.rows.length || order.some((row, place) => row !== body.rows[place])) {
    body.replaceChildren(...order);
  }
  for (const heading of headings) {
    if (heading.getAttribute("data-sort") !== ranking.sort) heading.removeAttribute("aria-sort");
    else heading.setAttribute("aria-sort", ranking.order === "up" ? "ascending" : "descending");
  }
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

/** Make a heading a button. @param {Element} heading */
function enable(heading) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  button.addEventListener("click", () => {
    change(sortBy(ranking, heading.getAttribute("data-sort") ?? ""));
    push();
  });
  heading.append(button);
}

/** One point of a chart is a stop of the tab key; arrow keys go to the others. @param {Element} chart */
function walk(chart) {
  const links = [...chart.querySelectorAll("a")];
  const lines = [...chart.querySelectorAll(".series")];
  const points = links.map((link) => {
    const { e: x, f: y } = find(link, "g", SVGGElement).transform.baseVal.getItem(0).matrix;
    return { x, y, line: lines.findIndex((line) => line.contains(link)) };
  });
  let stop = links.findIndex((link) => link.classList.contains("recommended"));
  links.forEach((link, index) => link.setAttribute("tabindex", index === stop ? "0" : "-1"));
  chart.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const next = links[moveInChart(event.key, stop, points) ?? -1];
    if (event.key.startsWith("Arrow")) event.preventDefault();
    next?.focus();
  });
  chart.addEventListener("focusin", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const index = links.findIndex((other) => other === link);
    if (index < 0) return;
    links[stop]?.setAttribute("tabindex", "-1");
    links[index]?.setAttribute("tabindex", "0");
    stop = index;
  });
}

headings.forEach(enable);
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
