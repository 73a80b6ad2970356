/** Cuts chosen along the drawn depth of each model. */

import { find } from "../../components/page-elements.js";
import { chosenCuts } from "./model-presets.js";

/**
 * @param {HTMLElement} place with the lists, and the buttons that choose some
 * @param {string[]} named the cuts chosen at first
 * @param {() => void} tell told whenever others are chosen
 */
export function startCuts(place, named, tell) {
  const lists = find(place, "#cut-lists", HTMLElement);
  const chosen = new Set(named);
  let untouched = !named.length;
  /** @type {Map<string, HTMLElement>} */
  const made = new Map();

  /** @param {HTMLElement} list */
  function boxesOf(list) {
    return [...list.querySelectorAll("input[data-cut]")].filter((box) => box instanceof HTMLInputElement);
  }

  /** Mark everywhere what is chosen. */
  function show() {
    for (const list of made.values()) {
      const columns = [...list.querySelectorAll(".column")];
      const dots = [...list.querySelectorAll(".dot")];
      for (const box of boxesOf(list)) {
        box.checked = chosen.has(box.dataset.cut ?? "");
        const column = columns[Number(box.dataset.place)];
        if (!column) continue;
        const centre = Number(column.getAttribute("x")) + Number(column.getAttribute("width")) / 2;
        for (const dot of dots) {
          if (Math.abs(Number(dot.getAttribute("cx")) - centre) < 0.2) dot.classList.toggle("current", box.checked);
        }
      }
    }
  }

  /**
   * @param {string} model
   * @param {string} size
   */
  async function load(model, size) {
    const list = document.createElement("section");
    list.textContent = `Looking at the layers of ${model}…`;
    made.set(model, list);
    const answer = await fetch(`/models/${encodeURIComponent(model)}/cuts/?size=${size}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    list.replaceChildren(...(answer.ok ? page.body.childNodes : [`${model}: its layers can't be told`]));
    list.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement) toggle(target);
    });
    const columns = [...list.querySelectorAll(".column")];
    for (const box of boxesOf(list)) {
      columns[Number(box.dataset.place)]?.addEventListener("click", () => {
        box.checked = !box.checked;
        toggle(box);
      });
    }
    show();
  }

  /** @param {HTMLInputElement} box */
  function toggle(box) {
    const cut = box.dataset.cut ?? "";
    untouched = false;
    if (box.checked) chosen.add(cut);
    else chosen.delete(cut);
    show();
    tell();
  }

  /** Choose along the depth of every model that is shown. @param {string} choice */
  function choose(choice) {
    untouched = false;
    chosen.clear();
    for (const list of lists.children) {
      if (!(list instanceof HTMLElement)) continue;
      const cuts = boxesOf(list).map((box) => ({ name: box.dataset.cut ?? "", stride: box.dataset.stride ?? "" }));
      for (const name of chosenCuts(choice, cuts)) chosen.add(name);
    }
    show();
    tell();
  }

  for (const button of place.querySelectorAll("button[data-cuts]")) {
    button.addEventListener("click", () => choose(/** @type {HTMLElement} */ (button).dataset.cuts ?? ""));
  }

  return {
    /** The names chosen. */
    chosen,
    /**
     * Show the lists of these models.
     *
     * @param {{ name: string, size: string }[]} models
     */
    async showModels(models) {
      const loading = models.filter(({ name }) => !made.has(name)).map(({ name, size }) => load(name, size));
      lists.replaceChildren(...models.flatMap(({ name }) => made.get(name) ?? []));
      await Promise.all(loading);
      if (untouched) choose("stages");
    },
  };
}
