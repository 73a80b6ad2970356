/** The page of lists: they are in the address, and in the browser if one agreed; the page follows. */

import { carry, forget, keep, listen } from "../components/lists/current-lists.js";
import { keptText, root } from "../components/lists/kept-lists.js";
import { createColumn } from "../components/lists/list-column.js";
import { fromJson, toCsv, toJson } from "../components/lists/list-files.js";
import { tellItem } from "../components/lists/list-items.js";
import { drawSheet } from "../components/lists/list-sheet.js";
import { createButton, find } from "../components/page-elements.js";
import { CARRIED, counted, MOST_ITEMS, MOST_LISTS, readLists, writeLists } from "../state/list-state.js";

/**
 * @typedef {import("../state/list-state.js").List} List
 * @typedef {import("../state/list-state.js").Item} Item
 * @typedef {import("../components/lists/list-items.js").Told} Told
 */

const area = find(document, "#lists", HTMLElement);
const outcome = find(document, "#outcome", HTMLOutputElement);
const undo = find(document, "#undo", HTMLButtonElement);
const origin = find(document, "#origin", HTMLElement);
const kept = find(document, "#kept", HTMLElement);
const actions = find(document, "#actions", HTMLElement);
const second = find(actions, "[name=second]", HTMLButtonElement);
const chosen = find(document, "#file", HTMLInputElement);
const problem = find(document, "#problem", HTMLElement);

/** @type {List[]} */
let lists = [];
let isKept = false; // whether what is shown is what this browser keeps
let text = ""; // what is shown, as it stands in an address
let before = ""; // the same, before the last removal

/** Show what the address names, or else what this browser keeps. */
function load() {
  const own = keptText();
  const { hash } = location;
  isKept = own !== null && (hash === "" || hash === own);
  const read = readLists(isKept ? (own ?? "") : hash);
  lists = read.lists;
  problem.textContent = read.problem;
  forgetRemoval();
  outcome.value = "";
  render();
  if (!read.problem) write(); // else the address stays as it came
}

/** Write what is shown to the address, and to the browser if that keeps it. */
function write() {
  text = writeLists(lists);
  const isOnlyHere = keptText() !== null && !isKept;
  if (isKept) keep(text);
  if (isKept || isOnlyHere) history.replaceState(null, "", location.pathname + text);
  else carry(text);
  const count = location.href.length;
  const fits = count <= CARRIED ? "chat programs carry it" : `many chat programs cut off what is longer than ${CARRIED}: send the JSON, or make two lists`;
  find(document, "#length", HTMLElement).textContent = text ? `The address has ${counted(count, "character")}; ${fits}.` : "";
}

function render() {
  const columns = lists.map((list, index) => {
    const work = { changed, move, remove, removeList: lists.length > 1 ? () => removeList(index) : null };
    return createColumn(list, lists[1 - index] ?? null, ({ path }) => tell(path), root.href, work);
  });
  area.replaceChildren(...columns);
  if (!lists.length) {
    const empty = document.createElement("p");
    empty.className = "empty";
    empty.textContent = "No list yet: “Add to list” on the page of a channel, a photo or a class, and in a cell of a map, begins one.";
    area.append(empty);
  }
  actions.hidden = !lists.length;
  second.hidden = lists.length >= MOST_LISTS;
  renderOrigin();
}

/** Say where the list is kept, and what one may do about that. */
function renderOrigin() {
  const own = keptText();
  const isOther = own !== null && !isKept && lists.length > 0;
  origin.hidden = !isOther;
  if (isOther) {
    const mine = readLists(own).lists;
    const first = mine[0];
    const choices = [createButton(`Keep it in place of mine (${counted(sizeOf(mine), "item")})`, () => keepShown(lists))];
    if (first && lists.length === 1) choices.push(createButton("Put it beside mine", () => keepShown([first, ...lists])));
    origin.replaceChildren("This list is from its address, not from this browser. ", ...choices);
  }
  if (own === null && lists.length) {
    const offer = createButton("Keep it in this browser", () => keepShown(lists));
    kept.replaceChildren("This list lives in the address alone. ", offer);
  } else if (isKept) {
    const end = createButton("Keep it no longer", () => {
      isKept = false;
      forget();
      write();
      renderOrigin();
    });
    kept.replaceChildren("This browser keeps this list, as you allowed. ", end);
  } else {
    kept.replaceChildren();
  }
}

/** @param {List[]} shown */
function keepShown(shown) {
  lists = shown;
  isKept = keep(writeLists(lists));
  outcome.value = isKept ? "Kept in this browser." : "This browser keeps nothing: the list stays in the address.";
  render();
  write();
}

function changed() {
  forgetRemoval();
  write();
}

/** @param {Item} item @param {List} to @param {number} index */
function move(item, to, index) {
  const from = lists.find(({ items }) => items.includes(item));
  if (!from) return;
  if (from !== to && to.items.length >= MOST_ITEMS) {
    outcome.value = `Not moved: a list holds ${MOST_ITEMS}.`;
    return;
  }
  const old = from.items.indexOf(item);
  from.items.splice(old, 1);
  to.items.splice(from === to && old < index ? index - 1 : index, 0, item);
  const pressed = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.move : undefined;
  forgetRemoval();
  render();
  write();
  tell(item.path).then(({ name }) => {
    outcome.value = `${name}: number ${to.items.indexOf(item) + 1} of ${to.items.length}.`;
    const row = area.querySelector(`.list:nth-of-type(${lists.indexOf(to) + 1}) li:nth-child(${to.items.indexOf(item) + 1})`);
    const again = row?.querySelector(`[data-move="${pressed ?? "none"}"]:enabled`) ?? row?.querySelector("input");
    if (again instanceof HTMLElement) again.focus();
  });
}

/** @param {Item} item */
function remove(item) {
  const list = lists.find(({ items }) => items.includes(item));
  if (!list) return;
  before = writeLists(lists);
  list.items.splice(list.items.indexOf(item), 1);
  tell(item.path).then(({ name }) => offerUndo(`Removed ${name}.`));
}

/** @param {number} index */
function removeList(index) {
  before = writeLists(lists);
  lists.splice(index, 1);
  offerUndo("Removed the list.");
}

/** @param {string} said */
function offerUndo(said) {
  render();
  write();
  outcome.value = said;
  undo.hidden = false;
  undo.focus();
}

function forgetRemoval() {
  undo.hidden = true;
  before = "";
}

/** @param {string} path */
function tell(path) {
  return tellItem(path, "../");
}

/** @param {List[]} all */
function sizeOf(all) {
  return all.reduce((sum, { items }) => sum + items.length, 0);
}

/** @param {string} name of a button @returns {Promise<void>} */
async function act(name) {
  if (name === "second") {
    lists.push({ name: "", items: [] });
    changed();
    return render();
  }
  if (name === "copy") {
    try {
      await navigator.clipboard.writeText(location.href);
      outcome.value = "Copied";
    } catch {
      outcome.value = location.href; // no clipboard here: shown, to be copied by hand
    }
    return;
  }
  const paths = [...new Set(lists.flatMap(({ items }) => items.map(({ path }) => path)))];
  const known = new Map(await Promise.all(paths.map(async (path) => /** @type {const} */ ([path, await tell(path)]))));
  const told = (/** @type {string} */ path) => /** @type {Told} */ (known.get(path));
  if (name === "json") save("list.json", new Blob([toJson(lists, told, root.href)], { type: "application/json" }));
  if (name === "csv") save("list.csv", new Blob(["\ufeff", toCsv(lists, told, root.href)], { type: "text/csv" }));
  if (name === "picture") save("list.png", await drawSheet(lists, told));
}

/** Show the lists of a file as those of an address are: what is kept here stays. @param {File | undefined} file */
async function open(file) {
  if (!file) return;
  const read = fromJson(await file.text());
  if (read.lists.length) {
    history.pushState(null, "", location.pathname + writeLists(read.lists));
    load();
    outcome.value = `Opened ${file.name}`;
  }
  problem.textContent = read.problem;
}

/** @param {string} name @param {Blob} content */
function save(name, content) {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(content);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  outcome.value = `Saved as ${name}`;
}

actions.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  act(target.name).catch((error) => {
    outcome.value = error instanceof Error ? error.message : String(error);
  });
});
find(document, "#open", HTMLButtonElement).addEventListener("click", () => chosen.click());
chosen.addEventListener("change", async () => {
  await open(chosen.files?.[0]);
  chosen.value = ""; // the same one may be chosen again
});
for (const name of /** @type {const} */ (["dragover", "drop"])) {
  document.addEventListener(
    name,
    (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation(); // no item is moved
      if (name === "drop") open(event.dataTransfer.files[0]);
    },
    { capture: true },
  );
}
undo.addEventListener("click", () => {
  lists = readLists(before).lists;
  forgetRemoval();
  outcome.value = "It is back.";
  render();
  write();
});
addEventListener("hashchange", load);
listen(() => {
  const own = keptText();
  if (isKept && own !== null && own !== text) {
    history.replaceState(null, "", location.pathname + own); // another window has changed it
    load();
  }
});
load();
