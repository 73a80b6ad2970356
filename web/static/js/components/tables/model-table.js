/** The table of all models, with its filters: its state is in the address. */

import { SORTS, arrangeModels, naturalOrder, readCatalogue, readLimit, writeCatalogue } from "../../state/catalogue-state.js";
import { find } from "../page-elements.js";
import { showRows, steer } from "./sorted-table.js";

/** @typedef {import("../../state/catalogue-state.js").Catalogue} Catalogue */
/** @typedef {import("../../state/catalogue-state.js").Row} Row */

/**
 * @param {(shown: Row[]) => void} [tell] told which models are shown, in order, whenever that changes
 */
export function startModels(tell) {
  const form = find(document, ".controls", HTMLFormElement);
  const outcome = find(form, "output", HTMLOutputElement);
  const source = find(form, "[name=source]", HTMLSelectElement);
  const family = find(form, "[name=family]", HTMLSelectElement);
  const parameters = find(form, "[name=parameters]", HTMLInputElement);
  const gflops = find(form, "[name=gflops]", HTMLInputElement);
  const text = find(form, "[name=find]", HTMLInputElement);
  const weights = find(form, "[name=weights]", HTMLInputElement);
  const body = find(document, "#ranking tbody", HTMLTableSectionElement);
  const headings = [...document.querySelectorAll("#ranking [data-sort]")];
  const elements = [...body.rows];
  const rows = elements.map((element) => ({
    name: element.dataset.model ?? "",
    family: element.dataset.in ?? "",
    source: element.dataset.from ?? "",
    here: element.dataset.here === "here",
    values: new Map(
      SORTS.flatMap((sort) => {
        const value = element.getAttribute(`data-${sort}`);
        return value === null ? [] : [[sort, Number(value)]];
      }),
    ),
  }));
  const sources = [...source.options].map((option) => option.value);
  const families = [...family.options].map((option) => option.value);

  /**
   * Make the page what the state says.
   *
   * @param {Catalogue} catalogue
   */
  function apply(catalogue) {
    const shown = arrangeModels(catalogue, rows);
    const order = shown.flatMap((index) => elements[index] ?? []);
    showRows(body, order, headings, catalogue);
    for (const field of [parameters, gflops]) {
      field.setAttribute("aria-invalid", String(field.value.trim() !== "" && readLimit(field.value) === null));
    }
    const all = `${rows.length} ${rows.length === 1 ? "model" : "models"}`;
    outcome.value = shown.length === rows.length ? all : `${shown.length} of ${all}`;
    tell?.(shown.flatMap((index) => rows[index] ?? []));
  }

  /**
   * @param {Catalogue} catalogue
   * @returns {Catalogue}
   */
  function readForm(catalogue) {
    return {
      ...catalogue,
      source: source.value,
      family: family.value,
      parameters: parameters.value.trim(),
      gflops: gflops.value.trim(),
      weights: weights.checked ? "here" : "",
      find: text.value.trim(),
    };
  }

  /** @param {Catalogue} catalogue */
  function fillForm(catalogue) {
    source.value = catalogue.source;
    family.value = catalogue.family;
    parameters.value = catalogue.parameters;
    gflops.value = catalogue.gflops;
    weights.checked = catalogue.weights === "here";
    text.value = catalogue.find;
  }

  steer(form, headings, {
    read: (search) => readCatalogue(search, sources, families),
    write: writeCatalogue,
    naturalOrder,
    readForm,
    fillForm,
    apply,
  });
}
