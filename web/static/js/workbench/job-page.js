/** The page of a job: how far it is, and its log as it grows. */

import { find } from "../components/page-elements.js";
import { JobView, isOpen } from "./job-view.js";
import { ask, repeat } from "./workbench-calls.js";

const place = find(document, "#job", HTMLElement);
const log = find(document, "#log", HTMLElement);
const number = Number(place.dataset.number);
const view = new JobView({ linked: false });
view.heading.hidden = true;
place.append(view.element);
let end = 0;

repeat(view.problem, async () => {
  const job = await ask(`/api/jobs/${number}`);
  const said = await ask(`/api/jobs/${number}/log?from=${end}`);
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
  log.append(said.text);
  if (atEnd) log.scrollTop = log.scrollHeight;
  end = said.end;
  view.show(job);
  return isOpen(job);
});
