/** The cuts of two studies side by side; which other one stands in the address. */

import { find, decimal } from "../components/page-elements.js";
import { create } from "./job-view.js";
import { ask } from "./workbench-calls.js";

/**
 * @param {string} study
 * @param {any} ranking of it
 * @param {HTMLSelectElement} other
 */
export async function showComparison(study, ranking, other) {
  const place = find(document, "#comparison", HTMLElement);
  let asked = 0;
  other.value = new URLSearchParams(location.search).get("with") ?? "";
  other.addEventListener("change", () => {
    history.replaceState(null, "", other.value ? `?${new URLSearchParams({ with: other.value })}` : location.pathname);
    show();
  });
  await show();

  async function show() {
    const name = other.value;
    const turn = ++asked;
    place.replaceChildren();
    if (!name) return;
    try {
      const second = await ask(`/api/studies/${encodeURIComponent(name)}/ranking`);
      if (turn === asked) place.append(table(study, ranking, name, second));
    } catch (error) {
      if (turn === asked) place.textContent = error instanceof Error ? error.message : String(error);
    }
  }
}

/**
 * @param {string} study
 * @param {any} ranking
 * @param {string} name
 * @param {any} second
 */
function table(study, ranking, name, second) {
  const there = new Map(second.cuts.map((/** @type {any} */ cut) => [`${cut.model}\n${cut.cut}`, cut.accuracy]));
  const made = create("table", "ranking-so-far");
  const head = made.createTHead().insertRow();
  for (const title of ["Backbone", "Cut", study, name, "Points more"]) {
    const cell = create("th");
    cell.scope = "col";
    cell.textContent = title;
    head.append(cell);
  }
  const body = made.createTBody();
  const rows = ranking.cuts.map((/** @type {any} */ cut) => {
    const key = `${cut.model}\n${cut.cut}`;
    const before = there.get(key);
    there.delete(key);
    return [cut.model, cut.cut, cut.accuracy, before];
  });
  for (const [key, accuracy] of there) rows.push([...key.split("\n"), undefined, accuracy]);
  for (const [model, cut, first, after] of rows) {
    const row = body.insertRow();
    const difference = first === undefined || after === undefined ? "" : decimal(100 * (after - first));
    for (const text of [model, cut, percent(first), percent(after), difference]) row.insertCell().textContent = text;
  }
  return made;
}

/** @param {number | undefined} share */
function percent(share) {
  return share === undefined ? "" : `${(100 * share).toFixed(1)} %`;
}
