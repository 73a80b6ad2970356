/** The page of a study: the table's state is in the address, and arrow keys go through the charts. */

import { walk } from "../components/chart-walk.js";
import { find } from "../components/page-elements.js";
import { SORTS, arrangeRows, naturalOrder, readRanking, writeRanking } from "../state/ranking-state.js";
import { showRows, steer } from "../components/tables/sorted-table.js";

/** @typedef {import("../state/ranking-state.js").Ranking} Ranking */

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

/**
 * Make the page what the state says.
 *
 * @param {Ranking} ranking
 */
function apply(ranking) {
  const shown = arrangeRows(ranking, rows);
  const order = shown.flatMap((index) => elements[index] ?? []);
  showRows(body, order, headings, ranking);
  const all = `${rows.length} ${rows.length === 1 ? "cut" : "cuts"}`;
  outcome.value = shown.length === rows.length ? all : `${shown.length} of ${all}`;
}

/**
 * @param {Ranking} ranking
 * @returns {Ranking}
 */
function readForm(ranking) {
  return { ...ranking, model: choice?.value ?? "", tied: tied.checked ? "only" : "", find: text.value.trim() };
}

/** @param {Ranking} ranking */
function fillForm(ranking) {
  text.value = ranking.find;
  tied.checked = ranking.tied === "only";
  if (choice) choice.value = ranking.model;
}

document.querySelectorAll(".graph").forEach(walk);
steer(form, headings, {
  read: (search) => readRanking(search, models),
  write: writeRanking,
  naturalOrder,
  readForm,
  fillForm,
  apply,
});
