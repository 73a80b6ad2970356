/** What the search field finds as one types, by keyboard and by mouse. Loaded when the field is gone to. */

import { fetchDocument } from "../../data/fetched-documents.js";
import { SearchIndex } from "../../data/search-index.js";
import { fewOf, search } from "../../data/site-search.js";
import { find, grouped } from "../page-elements.js";
import { createResult } from "./search-result.js";

const SHOWN = 8; // each may load a row of pictures, of 15 kB

const box = find(document, ".search", HTMLElement);
const input = find(box, "input", HTMLInputElement);
const popup = find(box, ".found", HTMLElement);
const list = find(popup, "[role=listbox]", HTMLElement);
const note = find(popup, "[role=status]", HTMLElement);
const root = box.dataset.root ?? "";
const index = new SearchIndex(`${root}search/index/`, fetchDocument);
/** @type {HTMLElement[]} */
let options = [];
let chosen = -1;
let turn = 0; // what comes back late is not shown

async function look() {
  turn += 1;
  const own = turn;
  const text = input.value.trim();
  if (!text) return close();
  try {
    const { results, more } = await search(index, text);
    if (own !== turn) return;
    show(fewOf(results, SHOWN));
    if (!results.length) note.textContent = "Nothing is found";
    else if (results.length > options.length)
      note.textContent = `${options.length} of ${grouped(results.length)}${more ? " or more" : ""}: Enter shows them`;
    else note.textContent = `${grouped(results.length)} found${more ? ", maybe not all: type more" : ""}`;
  } catch (error) {
    if (own !== turn) return;
    show([]);
    note.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** @param {import("../../data/site-search.js").Result[]} results */
function show(results) {
  options = results.map((result, place) => {
    const option = createResult(result, root);
    option.id = `found-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.tabIndex = -1;
    return option;
  });
  list.replaceChildren(...options);
  list.hidden = !options.length;
  popup.hidden = false;
  input.setAttribute("aria-expanded", String(options.length > 0));
  choose(-1);
}

/** @param {number} place of an option; -1: none */
function choose(place) {
  options[chosen]?.setAttribute("aria-selected", "false");
  chosen = place;
  const option = options[place];
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function close() {
  turn += 1;
  popup.hidden = true;
  input.setAttribute("aria-expanded", "false");
  choose(-1);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const count = options.length + 1; // the field itself is one place, too
  if (event.key === "ArrowDown" && popup.hidden) look();
  else if (event.key === "ArrowDown") choose(((chosen + 2) % count) - 1);
  else if (event.key === "ArrowUp" && !popup.hidden) choose(((chosen + count) % count) - 1);
  else if (event.key === "Escape" && !popup.hidden) close();
  else if (event.key === "Enter" && chosen >= 0) options[chosen]?.click();
  else if (event.key === "Enter" && input.value.trim())
    location.assign(`${root}search/?q=${encodeURIComponent(input.value.trim())}`);
  else return;
  event.preventDefault();
}

input.addEventListener("input", look);
input.addEventListener("keydown", onKey);
input.addEventListener("click", () => popup.hidden && look());
box.addEventListener("focusout", (event) => {
  if (!(event.relatedTarget instanceof Node && box.contains(event.relatedTarget))) close();
});
if (input.value) look(); // typed meanwhile
