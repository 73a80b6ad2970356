/** The step "Run": starts the study, shows how far it is, and ranks the cuts that are done. */

import { find } from "../components/page-elements.js";
import { JobView, isOpen } from "./job-view.js";
import { fillRanking } from "./ranking-table.js";
import { ask, repeat, send } from "./workbench-calls.js";

const place = find(document, "#run", HTMLElement);
const start = find(document, "#start", HTMLButtonElement);
const problem = find(document, "#problem", HTMLElement);
const answer = find(document, "#to-answer", HTMLElement);
const ranking = find(document, "#ranking", HTMLElement);
const note = find(document, "#ranking-note", HTMLElement);
const study = place.dataset.study ?? "";
/** In ms, between two looks at cuts whose heads are trained: a log does not tell of each. */
const EVERY = 15_000;
/** @type {JobView | undefined} */
let view;

start.addEventListener("click", async () => {
  start.disabled = true;
  problem.hidden = true;
  try {
    showJob(await send(`/api/studies/${study}/jobs`, { kind: "study" }));
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  }
  start.disabled = false;
});

repeat(problem, async () => {
  /** @type {import("./job-view.js").Job[]} */
  const jobs = await ask(`/api/jobs?study=${encodeURIComponent(study)}&command=study`);
  const job = jobs[0];
  if (!job) return false;
  showJob(job);
  return isOpen(job);
});

let ranked = "";
let asked = 0;

repeat(note, async () => {
  const job = view?.job;
  const heads = job?.steps.filter(({ name }) => name === "heads").at(-1); // of the last run
  const standing = job ? [job.number, job.state, job.done, job.steps.length, heads?.done].join(" ") : "none";
  const grows = job?.state === "running" && heads !== undefined && heads.done < heads.total;
  const soon = job !== undefined && isOpen(job);
  if (standing === ranked && !(grows && Date.now() - asked > EVERY)) return soon;
  asked = Date.now();
  const document = await ask(`/api/studies/${study}/ranking`);
  ranked = standing;
  note.hidden = false;
  const { state, done, of } = document.so_far;
  answer.hidden = state !== "finished" || soon;
  if (state === "nothing") {
    note.textContent = "Nothing yet: cuts are ranked here as soon as their heads are trained.";
  } else {
    note.textContent = state === "finished" ? document.sentence : `${done} of ${of} cuts are done: the order may change.`;
    fillRanking(ranking, document);
  }
  return soon;
});

/** @param {import("./job-view.js").Job} job */
function showJob(job) {
  if (view?.job?.number !== job.number) {
    view?.element.remove();
    view = new JobView();
    place.append(view.element);
  }
  view.show(job);
  start.hidden = job.state !== "done" && job.state !== "stopped";
  start.textContent = job.state === "done" ? "Run it again" : "Start anew";
  start.className = job.state === "done" ? "plain" : "main";
  if (isOpen(job)) answer.hidden = true;
}
