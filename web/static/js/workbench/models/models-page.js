/** The step models: a table to choose from, presets, cuts, and what all that will take. */

import { find, grouped } from "../../components/page-elements.js";
import { startModels } from "../../components/tables/model-table.js";
import { saveSettings } from "../setting-form.js";
import { startCuts } from "./cut-chooser.js";
import { presetModels } from "./model-presets.js";
import { startForecast } from "./study-forecast.js";

/** @typedef {import("../../state/catalogue-state.js").Row} Row */

const choice = document.querySelector("#choice");
if (choice instanceof HTMLFormElement) start(choice);

/** @param {HTMLFormElement} form */
function start(form) {
  const study = form.dataset.study ?? "";
  const problem = find(form, ".problem", HTMLElement);
  const told = find(form, "#chosen-models", HTMLElement);
  const which = find(document, "#which", HTMLFieldSetElement);
  const some = find(document, "#cut-choice", HTMLElement);
  const boxes = [...document.querySelectorAll("input[data-take]")].filter((box) => box instanceof HTMLInputElement);
  const names = new Set(boxes.map((box) => box.dataset.take));
  const models = new Set((form.dataset.models ?? "").split(",").filter((name) => names.has(name)));
  const first = (form.dataset.cuts ?? "all").split(",");
  const forecast = startForecast(form);
  const cuts = startCuts(some, first[0] === "all" ? [] : first, update);
  /** @type {Row[]} */
  let shown = [];

  const all = () => find(which, "[value=all]", HTMLInputElement).checked;
  const chosenModels = () => boxes.flatMap((box) => (models.has(box.dataset.take ?? "") ? [{ name: box.dataset.take ?? "", size: box.dataset.input ?? "" }] : []));
  const chosenCuts = () => (all() ? ["all"] : [...cuts.chosen]);

  /** Make the page what is chosen. */
  function update() {
    const chosen = chosenModels();
    const count = `${grouped(chosen.length)} ${chosen.length === 1 ? "model" : "models"}`;
    told.textContent = chosen.length ? `${count}: ${chosen.map(({ name }) => name).join(", ")}` : "No model yet";
    for (const box of boxes) box.checked = models.has(box.dataset.take ?? "");
    some.hidden = all();
    if (!all()) cuts.showModels(chosen);
    forecast(
      chosen.map(({ name }) => name),
      chosenCuts(),
    );
  }

  find(which, first[0] === "all" ? "[value=all]" : "[value=some]", HTMLInputElement).checked = true;
  which.addEventListener("change", update);
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.dataset.take) return;
    if (target.checked) models.add(target.dataset.take);
    else models.delete(target.dataset.take);
    update();
  });
  for (const button of document.querySelectorAll("button[data-preset]")) {
    button.addEventListener("click", () => {
      models.clear();
      for (const name of presetModels(/** @type {HTMLElement} */ (button).dataset.preset ?? "", shown)) models.add(name);
      update();
    });
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    const chosen = chosenModels().map(({ name }) => name);
    try {
      if (!chosen.length) throw new Error("Choose at least one model.");
      if (!chosenCuts().length) throw new Error("Choose at least one cut, or all.");
      const values = { models: chosen.join(","), cuts: chosenCuts().join(",") };
      await saveSettings(study, { "": { values, seen: JSON.parse(form.dataset.seen ?? "{}") } });
      location.assign(`/studies/${study}/training/`);
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  });
  if (form.dataset.here !== undefined && !location.search) history.replaceState(null, "", "?weights=here");
  startModels((rows) => {
    shown = rows;
  });
  update();
  for (const box of boxes) box.disabled = false; // not before, or what was ticked would be taken back
}
