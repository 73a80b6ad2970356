/** Classes to rename and merge, photos to leave out: gathered here, and saved as settings at once. */

import { createButton, find, grouped } from "../../components/page-elements.js";
import { ask, send } from "../workbench-calls.js";

/**
 * @param {HTMLFormElement} form
 * @returns {() => Promise<void>} saves what has changed, if anything has
 */
export function startClasses(form) {
  const study = form.dataset.study ?? "";
  const saving = find(form, "#saving", HTMLElement);
  const told = find(form, "#changes", HTMLElement);
  const problem = find(form, "#classes-problem", HTMLElement);
  const inputs = [...form.querySelectorAll("input[data-class]")].filter((each) => each instanceof HTMLInputElement);
  const boxes = [...form.querySelectorAll("input[data-again]")].filter((each) => each instanceof HTMLInputElement);
  /** @type {Set<string>} */
  const out = new Set();

  const renamed = () => inputs.filter((input) => input.value.trim() !== input.dataset.called);
  const again = () => boxes.filter((box) => box.checked);

  function show() {
    const words = [
      [renamed().length, "class renamed", "classes renamed"],
      [out.size, "photo left out", "photos left out"],
      [again().length, "taken again", "taken again"],
    ].flatMap(([count, one, more]) => (count ? `${grouped(Number(count))} ${count === 1 ? one : more}` : []));
    told.textContent = words.join(", ");
    saving.hidden = !words.length;
    for (const button of document.querySelectorAll("button.photo")) {
      button.setAttribute("aria-pressed", String(out.has(/** @type {HTMLElement} */ (button).dataset.path ?? "")));
    }
  }

  async function save() {
    if (saving.hidden) return;
    const names = Object.fromEntries(renamed().map((input) => [input.dataset.class, input.value]));
    const taken = again().map((box) => box.dataset.again);
    await send(`/api/studies/${study}/classes`, { names, out: [...out], again: taken, seen: JSON.parse(form.dataset.seen ?? "{}") });
    saving.hidden = true;
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button.photo") : null;
    if (!(button instanceof HTMLElement)) return;
    const path = button.dataset.path ?? "";
    if (!out.delete(path)) out.add(path);
    show();
  });
  form.addEventListener("input", show);
  form.addEventListener("reset", () => {
    out.clear();
    setTimeout(show);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      await save();
      location.reload();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  });
  for (const details of form.querySelectorAll("details[data-photos]")) {
    if (details instanceof HTMLDetailsElement) startAll(details, study, show);
  }
  show(); // what was typed before this ran
  return save;
}

/**
 * All photos of a class, some at a time.
 *
 * @param {HTMLDetailsElement} details
 * @param {string} study
 * @param {() => void} show marks those that are left out
 */
function startAll(details, study, show) {
  const list = find(details, ".samples", HTMLElement);
  const name = encodeURIComponent(details.dataset.photos ?? "");
  const more = createButton("More", load);
  more.className = "plain";
  let first = 0;

  async function load() {
    more.disabled = true;
    const { photos, count } = await ask(`/api/studies/${study}/photos?class=${name}&from=${first}`);
    list.append(...photos.map(photoButton));
    first += photos.length;
    more.disabled = false;
    more.hidden = first >= count || !photos.length;
    show();
  }

  details.addEventListener("toggle", () => {
    if (!details.open || first) return;
    details.append(more);
    load();
  });
}

/** @param {{ path: string, address: string }} photo */
function photoButton({ path, address }) {
  const image = new Image(96, 96);
  image.loading = "lazy";
  image.alt = path;
  image.src = address;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "photo";
  button.dataset.path = path;
  button.title = path;
  button.append(image);
  return button;
}
