/** The jobs on a page, the last first, kept up to date. */

import { find } from "../components/page-elements.js";
import { JobView, isOpen } from "./job-view.js";
import { ask, repeat } from "./workbench-calls.js";

const list = find(document, "#jobs", HTMLElement);
const none = find(document, "#no-jobs", HTMLElement);
/** @type {Map<number, JobView>} */
const views = new Map();

repeat(none, async () => {
  /** @type {import("./job-view.js").Job[]} */
  const jobs = await ask("/api/jobs");
  for (const job of [...jobs].reverse()) {
    let view = views.get(job.number);
    if (!view) {
      view = new JobView();
      views.set(job.number, view);
      list.prepend(view.element);
    }
    view.show(job);
  }
  none.hidden = jobs.length > 0;
  return jobs.some(isOpen);
});
