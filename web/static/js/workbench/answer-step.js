/** The step "Answer": the ranking, and what can be made of it. */

import { find } from "../components/page-elements.js";
import { showComparison } from "./study-comparison.js";
import { JobView, create, runJob } from "./job-view.js";
import { startTrials } from "./photo-trial.js";
import { fillRanking } from "./ranking-table.js";
import { duration } from "./time-and-size.js";
import { ask } from "./workbench-calls.js";

const study = find(document, "#answer", HTMLElement).dataset.study ?? "";
const sentence = find(document, "#sentence", HTMLElement);
const problem = find(document, "#problem", HTMLElement);
const form = find(document, "#export", HTMLFormElement);
const note = find(document, "#export-note", HTMLElement);

showAnswer().catch(say);

async function showAnswer() {
  const ranking = await ask(`/api/studies/${study}/ranking`);
  const { state, done, of } = ranking.so_far;
  if (state === "finished") {
    sentence.textContent = ranking.sentence;
  } else {
    sentence.textContent = state === "nothing" ? "No answer yet: the study has to be run." : `No answer yet: ${done} of ${of} cuts are done.`;
    find(document, "#to-run", HTMLElement).hidden = false;
  }
  if (state === "nothing") return;
  fillRanking(find(document, "#ranking", HTMLElement), ranking);
  if (state !== "finished") return;
  find(document, "#made", HTMLElement).hidden = false;
  for (const choice of document.querySelectorAll("select[data-cuts]")) fillCuts(choice, ranking);
  startTrials(study);
  form.addEventListener("submit", exportCut);
  form.addEventListener("change", tellCommand);
  tellCommand();
  find(document, "#publish", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const { folder } = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    run({ kind: "publish", folder }).catch(say);
  });
  const other = document.querySelector("#other");
  if (other instanceof HTMLSelectElement) showComparison(study, ranking, other).catch(say);
  tellPictures();
}

for (const button of document.querySelectorAll("button[data-job]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  button.addEventListener("click", async () => {
    try {
      const job = await run(JSON.parse(button.dataset.job ?? "{}"));
      if (job.state === "done") location.reload();
    } catch (error) {
      say(error);
    }
  });
}

/** @param {object} wanted as a job of the study */
async function run(wanted) {
  problem.hidden = true;
  const view = new JobView();
  find(document, "#study-jobs", HTMLElement).hidden = false;
  find(document, "#job", HTMLElement).replaceChildren(view.element);
  view.element.scrollIntoView({ block: "nearest" });
  return runJob(view, study, wanted);
}

/** @param {Event} event */
async function exportCut(event) {
  event.preventDefault();
  const wanted = wantedExport();
  note.textContent = "Exporting …";
  try {
    const job = await run({ kind: "export", ...wanted });
    note.textContent = job.state === "done" ? "" : `It ${job.state === "failed" ? `failed: ${job.error}` : "was ended"}.`;
    if (job.state !== "done") return;
    const link = create("a", "main");
    link.href = `/api/studies/${study}/export?${new URLSearchParams(wanted)}`;
    link.textContent = `Download ${wanted.cut} of ${wanted.model}`;
    link.setAttribute("download", "");
    note.append(link);
    link.focus();
  } catch (error) {
    note.textContent = "";
    say(error);
  }
}

function wantedExport() {
  const chosen = new FormData(form);
  const [model = "", cut = ""] = String(chosen.get("cut")).split("\n");
  return { model, cut, format: String(chosen.get("format")) };
}

function tellCommand() {
  const { model, cut, format } = wantedExport();
  const ending = format === "savedmodel" ? "FOLDER" : `FILE.${format}`;
  find(document, "#export-command code", HTMLElement).textContent = `diamond export ${study} ${model} ${cut} -o ${ending}`;
}

async function tellPictures() {
  const told = find(document, "#pictures-note", HTMLElement);
  try {
    const plan = await ask(`/api/studies/${study}/pictures`);
    const minutes = plan.seconds === null ? "" : `, ${duration(plan.seconds)} on this machine`;
    told.textContent = plan.pictures ? `${plan.pictures} are missing${minutes}.` : "All that it needs are there.";
  } catch (error) {
    told.textContent = error instanceof Error ? error.message : String(error);
  }
}

/**
 * The cuts to choose from, the recommended one first.
 *
 * @param {Element} choice
 * @param {any} ranking
 */
function fillCuts(choice, ranking) {
  const { recommended } = ranking;
  const first = (/** @type {any} */ cut) => Number(!(cut.model === recommended.model && cut.cut === recommended.cut));
  for (const cut of [...ranking.cuts].sort((a, b) => first(a) - first(b))) {
    const option = create("option");
    option.value = `${cut.model}\n${cut.cut}`;
    option.textContent = `${first(cut) ? "" : "Recommended: "}${cut.model} at ${cut.cut}, ${(100 * cut.accuracy).toFixed(1)} %`;
    choice.append(option);
  }
}

/** @param {unknown} error */
function say(error) {
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}
