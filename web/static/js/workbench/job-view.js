/**
 * A job of the queue on a page: how far it is, and the buttons that pause, stop and resume it.
 *
 * @typedef {object} Job as `web/workbench/queue/jobs_pages.py` tells it
 * @property {number} number
 * @property {string} title
 * @property {string} study
 * @property {string[]} commands
 * @property {number} done how many of the commands are
 * @property {"waiting" | "running" | "paused" | "stopped" | "failed" | "done"} state
 * @property {string | null} wish what a job that runs was asked to become
 * @property {{ name: string, noun: string, done: number, total: number, left: string }[]} steps
 * @property {string} doing
 * @property {string} error
 */

import { createButton, grouped } from "../components/page-elements.js";
import { ask, send } from "./workbench-calls.js";

/** @type {Record<Job["state"], string>} */
const STATES = {
  waiting: "waits for the jobs before it",
  running: "runs",
  paused: "is paused: it goes on from where it was",
  stopped: "was stopped: what it made is kept",
  failed: "failed",
  done: "is done",
};

/** Whether something of a job may still change by itself. @param {Job} job */
export function isOpen(job) {
  return job.state === "waiting" || job.state === "running";
}

export class JobView {
  /** @param {{ linked?: boolean }} [options] whether its title leads to its page */
  constructor({ linked = true } = {}) {
    this.element = create("article", "job");
    this.linked = linked;
    this.heading = create("h3");
    this.state = create("p", "facts");
    this.state.setAttribute("role", "status");
    this.steps = create("ol", "job-steps");
    this.problem = create("p", "problem");
    this.buttons = create("p", "buttons");
    this.element.append(this.heading, this.state, this.steps, this.problem, this.buttons);
    /** @type {Job | undefined} */
    this.job = undefined;
    this.pause = this.#button("Pause", "pause");
    this.resume = this.#button("Go on", "resume");
    this.stop = this.#button("Stop", "stop");
  }

  /** @param {Job} job */
  show(job) {
    this.job = job;
    if (!this.heading.hasChildNodes()) {
      const title = this.linked ? Object.assign(create("a"), { href: `/jobs/${job.number}/` }) : create("span");
      title.textContent = job.title;
      this.heading.append(title);
    }
    this.element.dataset.state = job.state;
    setText(this.state, told(job));
    while (this.steps.children.length > job.steps.length) this.steps.lastElementChild?.remove();
    job.steps.forEach((step, index) => {
      const row = this.steps.children[index] ?? this.steps.appendChild(createRow());
      const [name, bar, text] = row.children;
      setText(/** @type {HTMLElement} */ (name), step.name);
      if (bar instanceof HTMLProgressElement) Object.assign(bar, { max: step.total || 1, value: step.done });
      const left = step.left && step.done < step.total && job.state === "running" ? `, ${step.left} left` : "";
      const of = step.done < step.total ? `${grouped(step.done)} of ${grouped(step.total)}` : grouped(step.total);
      setText(/** @type {HTMLElement} */ (text), `${of} ${step.noun}${left}`);
      bar?.setAttribute("aria-label", step.name);
    });
    setText(this.problem, job.error);
    this.problem.hidden = !job.error || job.state !== "failed";
    this.pause.hidden = job.state !== "running";
    this.resume.hidden = !["paused", "stopped", "failed"].includes(job.state);
    this.resume.textContent = job.state === "failed" ? "Try again" : "Go on";
    this.stop.hidden = !["waiting", "running", "paused"].includes(job.state);
  }

  /**
   * @param {string} words
   * @param {string} action
   */
  #button(words, action) {
    const button = createButton(words, async () => {
      if (!this.job) return;
      button.disabled = true;
      try {
        this.show(await send(`/api/jobs/${this.job.number}/${action}`));
      } catch (error) {
        this.say(error);
      }
      button.disabled = false;
      const next = this.buttons.querySelector("button:not([hidden])");
      if (button.hidden && next instanceof HTMLElement) next.focus();
    });
    button.className = "plain";
    button.hidden = true;
    this.buttons.append(button, " ");
    return button;
  }

  /** Tell what went wrong. @param {unknown} error */
  say(error) {
    this.problem.textContent = error instanceof Error ? error.message : String(error);
    this.problem.hidden = false;
  }
}

/**
 * Have a job run, and show how far it is until it ends.
 *
 * @param {JobView} view
 * @param {string} study
 * @param {object} wanted what `web/workbench/study_jobs.py` takes
 * @returns {Promise<Job>}
 */
export async function runJob(view, study, wanted) {
  let job = await send(`/api/studies/${study}/jobs`, wanted);
  view.show(job);
  while (isOpen(job)) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    job = await ask(`/api/jobs/${job.number}`);
    view.show(job);
  }
  return job;
}

/** @param {Job} job */
function told(job) {
  if (job.wish) return `ends: ${job.wish === "paused" ? "it is being paused" : "it is being stopped"}; press again to force it`;
  const doing = job.state === "running" && job.doing ? `: ${job.doing}` : "";
  const many = job.commands.length > 1 && job.state !== "done" ? `, command ${Math.min(job.done + 1, job.commands.length)} of ${job.commands.length}` : "";
  return `${STATES[job.state]}${many}${doing}`;
}

function createRow() {
  const row = create("li");
  row.append(create("span", "name"), create("progress"), create("span", "count"));
  return row;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {string} [kind]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function create(name, kind = "") {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  return element;
}

/** Change a text only where it is another one: what is read aloud is not repeated. @param {HTMLElement} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
