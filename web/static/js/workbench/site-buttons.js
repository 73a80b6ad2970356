/** The site's own pages in the workbench: a way back, and a button beside each command of a study. */

import { createButton, find } from "../components/page-elements.js";
import { JobView, create, runJob } from "./job-view.js";

const NAME = "[A-Za-z0-9_][A-Za-z0-9_.+-]*";
/** What a command asks for: the button's words, the study and the job. @type {[RegExp, string, (named: Record<string, string>) => Record<string, string>][]} */
const KNOWN = [
  [new RegExp(`^diamond study (?<study>${NAME})$`), "Run it", () => ({ kind: "study" })],
  [new RegExp(`^diamond atlas --for (?<study>${NAME})$`), "Render them", () => ({ kind: "pictures" })],
  [
    new RegExp(`^diamond export (?<study>${NAME}) (?<model>\\S+) (?<cut>\\S+) -o \\S+\\.keras$`),
    "Export it",
    ({ model = "", cut = "" }) => ({ kind: "export", model, cut, format: "keras" }),
  ],
];

const back = create("a");
const study = location.pathname.match(new RegExp(`^/site/studies/(${NAME})/`))?.[1];
back.href = study ? `/studies/${study}/answer/` : "/";
back.textContent = study ? `Workbench: ${study}` : "Workbench";
find(document, "header.top", HTMLElement).prepend(back);

for (const code of document.querySelectorAll("code")) {
  const text = code.textContent ?? "";
  for (const [pattern, words, wanted] of KNOWN) {
    const named = text.trim().match(pattern)?.groups;
    if (named) code.after(" ", commandButton(words, named.study ?? "", wanted(named)));
  }
}

/**
 * @param {string} words
 * @param {string} name of the study
 * @param {Record<string, string>} wanted
 */
function commandButton(words, name, wanted) {
  const button = createButton(words, async () => {
    const view = new JobView();
    button.disabled = true;
    (button.closest("p, pre, li") ?? button).after(view.element);
    try {
      const job = await runJob(view, name, wanted);
      if (job.state === "done") view.buttons.append(whatIsNew(name, wanted));
    } catch (error) {
      view.say(error);
    }
    button.disabled = false;
  });
  button.className = "plain";
  return button;
}

/**
 * Where that leads what was made: to the file, or to the page as it is now.
 *
 * @param {string} name
 * @param {Record<string, string>} wanted
 */
function whatIsNew(name, wanted) {
  const { kind, ...exported } = wanted;
  const link = create("a", "main");
  link.href = kind === "export" ? `/api/studies/${name}/export?${new URLSearchParams(exported)}` : location.href;
  link.textContent = kind === "export" ? "Download it" : "Show the new page";
  return link;
}
