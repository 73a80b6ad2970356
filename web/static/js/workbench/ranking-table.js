/** The ranking of a study's cuts as a table, of those that are done while it runs. */

import { create } from "./job-view.js";

/** Cuts that are shown at first. */
const SHOWN = 10;

/**
 * Fill a place with the cuts, best first; all of them where one asked for that.
 *
 * @param {HTMLElement} place
 * @param {any} document of `diamond study NAME --so-far --json`
 */
export function fillRanking(place, document) {
  const all = place.dataset.all === "yes";
  const cuts = all ? document.cuts : document.cuts.slice(0, SHOWN);
  const table = create("table", "ranking-so-far");
  const head = table.createTHead().insertRow();
  for (const name of ["Rank", "Backbone", "Cut", "Accuracy", "95 %", "GFLOPs"]) {
    const cell = create("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  cuts.forEach((/** @type {any} */ cut, /** @type {number} */ index) => {
    const row = body.insertRow();
    const chosen = document.recommended && cut.model === document.recommended.model && cut.cut === document.recommended.cut;
    row.classList.toggle("recommended", chosen);
    const [low, high] = cut.interval;
    const percent = (/** @type {number} */ share) => (100 * share).toFixed(1);
    const texts = [
      `${index + 1}`,
      cut.model,
      chosen ? `${cut.cut} (recommended)` : cut.cut,
      `${percent(cut.accuracy)} %`,
      `${percent(low)} to ${percent(high)}`,
      cut.gflops < 0.001 ? "<0.001" : cut.gflops.toFixed(3),
    ];
    for (const text of texts) row.insertCell().textContent = text;
  });
  place.replaceChildren(table);
  if (document.cuts.length > SHOWN) place.append(moreButton(place, document, all));
}

/**
 * @param {HTMLElement} place
 * @param {any} document
 * @param {boolean} all
 */
function moreButton(place, document, all) {
  const button = create("button", "plain");
  button.type = "button";
  button.textContent = all ? "Only the best" : `All ${document.cuts.length} cuts`;
  button.addEventListener("click", () => {
    place.dataset.all = all ? "no" : "yes";
    fillRanking(place, document);
    place.querySelector("button")?.focus();
  });
  return button;
}
