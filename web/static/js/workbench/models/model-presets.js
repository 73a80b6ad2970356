/** Which models to begin with. Pure: no page, no browser. */

/** @typedef {import("../../state/catalogue-state.js").Row} Row */

const FEW = 3;
const PHONE_GFLOPS = 2;
const PHONE_PARAMETERS = 8e6;

/**
 * The names that a preset chooses among models: "quick": the cheapest; "phone": the most accurate of
 * those that a phone runs; "accurate": the most accurate. Without accuracies, the cheapest come first.
 *
 * @param {string} preset
 * @param {Row[]} rows
 * @returns {string[]}
 */
export function presetModels(preset, rows) {
  /** @param {Row} row */
  const cost = (row) => row.values.get("gflops") ?? Infinity;
  /** @param {Row} row */
  const size = (row) => row.values.get("parameters") ?? Infinity;
  /** @param {Row} row */
  const accuracy = (row) => row.values.get("top1") ?? 0;
  const cheapest = [...rows].sort((one, other) => compare(cost(one), cost(other)) || compare(size(one), size(other)));
  if (preset === "quick") return cheapest.slice(0, 1).map((row) => row.name);
  const fit = preset === "phone" ? cheapest.filter((row) => cost(row) <= PHONE_GFLOPS && size(row) <= PHONE_PARAMETERS) : cheapest;
  return fit
    .sort((one, other) => accuracy(other) - accuracy(one))
    .slice(0, FEW)
    .map((row) => row.name);
}

/**
 * @param {number} one may be infinite
 * @param {number} other
 */
function compare(one, other) {
  return one === other ? 0 : one < other ? -1 : 1;
}

/**
 * The cuts that a choice names along the depth of one model.
 *
 * @param {string} choice "stages": the last of each stride; "deep": the deeper half; "none"
 * @param {{ name: string, stride: string }[]} cuts in depth order
 * @returns {string[]}
 */
export function chosenCuts(choice, cuts) {
  if (choice === "none") return [];
  const kept = choice === "deep" ? cuts.slice(Math.floor(cuts.length / 2)) : cuts.filter((cut, place) => cut.stride !== cuts[place + 1]?.stride);
  return kept.map((cut) => cut.name);
}
