/** A form of settings, saved into the settings file. */

import { find } from "../components/page-elements.js";
import { send } from "./workbench-calls.js";

/**
 * Write settings into the file, all or none of them.
 *
 * @param {string} study
 * @param {Record<string, { values: Record<string, string>, seen: object }>} forms by the name of their table in the study's
 */
export async function saveSettings(study, forms) {
  await send(`/api/studies/${study}/settings`, forms);
}

/**
 * Save a form when it is sent, then go on.
 *
 * @param {HTMLFormElement} form
 * @param {() => void} onward
 */
export function startForm(form, onward) {
  const problem = find(form, ".problem", HTMLElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      await saveSettings(form.dataset.study ?? "", filledForms(form));
      onward();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  });
}

/**
 * What the fields of a form say, by table.
 *
 * @param {HTMLFormElement} form
 */
function filledForms(form) {
  /** @type {Record<string, { values: Record<string, string>, seen: object }>} */
  const forms = {};
  for (const fields of form.querySelectorAll("fieldset[data-table]")) {
    const { table = "", seen = "{}" } = /** @type {HTMLElement} */ (fields).dataset;
    const filled = (forms[table] ??= { values: {}, seen: {} });
    Object.assign(filled.seen, JSON.parse(seen));
    for (const field of fields.querySelectorAll("input, select")) {
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) filled.values[field.name] = field.value;
    }
  }
  return forms;
}
