/** How long the chosen models will take, and what they download: told as they are chosen. */

import { find, grouped } from "../../components/page-elements.js";
import { amount, duration } from "../time-and-size.js";
import { ask } from "../workbench-calls.js";

const PATIENCE = 500; // in ms without another change before the plan is asked for

/**
 * @param {HTMLFormElement} form
 * @returns {(models: string[], cuts: string[]) => void} tells of another choice
 */
export function startForecast(form) {
  const told = find(form, "#forecast", HTMLElement);
  const details = find(form, "#forecast-details", HTMLDetailsElement);
  let asked = 0;
  let timer = 0;
  let last = Promise.resolve(); // one plan at a time: each is a command

  /**
   * @param {string[]} models
   * @param {string[]} cuts
   * @param {number} mine which choice it is
   */
  async function tell(models, cuts, mine) {
    if (mine !== asked) return;
    const search = new URLSearchParams({ models: models.join(","), cuts: cuts.join(",") });
    let plan;
    let problem = "";
    try {
      plan = await ask(`/api/studies/${form.dataset.study}/plan?${search}`);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (mine !== asked) return; // another choice was made meanwhile
    details.hidden = !plan;
    told.textContent = plan ? sentence(plan) : problem;
    if (plan) showPlan(details, plan);
  }

  return (models, cuts) => {
    clearTimeout(timer);
    const mine = ++asked;
    details.hidden = true;
    if (!models.length || !cuts.length) {
      told.textContent = models.length ? "Choose at least one cut." : "Choose at least one model.";
      return;
    }
    told.textContent = "Working out how long it takes…";
    const next = () => tell(models, cuts, mine);
    timer = setTimeout(() => {
      last = last.then(next, next);
    }, PATIENCE);
  };
}

/** @param {any} plan what `diamond study NAME --plan --json` prints */
function sentence(plan) {
  const cuts = plan.models.reduce((/** @type {number} */ sum, /** @type {any} */ model) => sum + model.cuts.length, 0);
  const absent = plan.models.some((/** @type {any} */ model) => model.weights === "absent");
  const load = plan.download_bytes ? `${amount(plan.download_bytes)} to download` : absent ? "weights to download" : "nothing to download";
  const disk = plan.disk_bytes ? `, ${amount(plan.disk_bytes)} of disk` : "";
  const time = plan.seconds === null ? "time not known" : duration(plan.seconds);
  return `${grouped(cuts)} cuts of ${grouped(plan.photos)} photos: ${time} on this machine, ${load}${disk}.`;
}

/**
 * @param {HTMLElement} details
 * @param {any} plan
 */
function showPlan(details, plan) {
  const rows = plan.models.map((/** @type {any} */ model) => {
    const seconds = Object.values(model.seconds ?? {}).reduce((sum, value) => sum + (value ?? 0), 0);
    const load = model.weights === "here" ? "" : model.download_bytes ? amount(model.download_bytes) : "size not known";
    return tableRow([model.model, String(model.cuts.length), duration(seconds), load, model.known]);
  });
  find(details, "tbody", HTMLTableSectionElement).replaceChildren(...rows);
  const lines = (plan.measured_by ?? []).map((/** @type {string} */ line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  });
  find(details, "#forecast-basis", HTMLElement).replaceChildren(...lines);
}

/** @param {string[]} texts */
function tableRow(texts) {
  const row = document.createElement("tr");
  for (const [place, text] of texts.entries()) {
    const cell = document.createElement(place ? "td" : "th");
    if (!place) cell.setAttribute("scope", "row");
    if (place > 0 && place < 4) cell.className = "number";
    cell.textContent = text;
    row.append(cell);
  }
  return row;
}
