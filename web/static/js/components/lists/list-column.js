/** One list as it is worked on: its name, and its items with their notes and moves. */

import { counted, MOST_NAME, MOST_NOTE, trimmed } from "../../state/list-state.js";
import { drawPart } from "./item-pictures.js";
import { createButton } from "../page-elements.js";

/**
 * @typedef {import("../../state/list-state.js").List} List
 * @typedef {import("../../state/list-state.js").Item} Item
 * @typedef {import("./list-items.js").Told} Told
 *
 * @typedef {object} Work what the page does with a list
 * @property {() => void} changed a name or note is another
 * @property {(item: Item, to: List, index: number) => void} move to before what is at the index now
 * @property {(item: Item) => void} remove
 * @property {(() => void) | null} removeList null: it is the only one
 */

const SIDE = 192; // of a canvas, in pixels: twice as many as it is wide

/** @type {Item | null} */
let dragged = null;

/**
 * @param {List} list
 * @param {List | null} other the list beside it
 * @param {(item: Item) => Promise<Told>} tell
 * @param {string} root address of the site's root
 * @param {Work} work
 * @returns {HTMLElement}
 */
export function createColumn(list, other, tell, root, work) {
  const column = document.createElement("section");
  column.className = "list";
  const title = document.createElement("h2");
  title.textContent = counted(list.items.length, "item");
  const name = createInput("Name of the list", list.name, MOST_NAME, (text) => {
    list.name = text;
    work.changed();
  });
  name.className = "name";
  const items = document.createElement("ol");
  items.append(...list.items.map((item, index) => createRow(item, index, list, other, tell, root, work)));
  column.append(title, name, items);
  if (!list.items.length) column.append(createEmpty());
  if (work.removeList) {
    const moves = document.createElement("p");
    moves.className = "moves";
    moves.append(createButton("Remove this list", work.removeList));
    column.append(moves);
  }
  column.addEventListener("dragover", (event) => {
    if (dragged) event.preventDefault();
  });
  column.addEventListener("drop", (event) => {
    event.preventDefault();
    if (dragged) work.move(dragged, list, list.items.length);
  });
  return column;
}

/**
 * @param {Item} item
 * @param {number} index
 * @param {List} list
 * @param {List | null} other
 * @param {(item: Item) => Promise<Told>} tell
 * @param {string} root
 * @param {Work} work
 */
function createRow(item, index, list, other, tell, root, work) {
  const row = document.createElement("li");
  row.dataset.path = item.path;
  const picture = document.createElement("canvas");
  picture.width = SIDE;
  picture.height = SIDE;
  picture.draggable = true;
  picture.setAttribute("aria-hidden", "true");
  const about = document.createElement("div");
  const [what, of, lacking] = ["what", "of", "lacking"].map((style) => {
    const line = document.createElement("p");
    line.className = style;
    return line;
  });
  const moves = document.createElement("p");
  moves.className = "moves";
  const note = createInput("Note", item.note, MOST_NOTE, (text) => {
    item.note = text;
    work.changed();
  });
  note.className = "annotation";
  about.append(.../** @type {HTMLElement[]} */ ([what, of, lacking]), note, moves);
  row.append(picture, about);
  tell(item).then((told) => {
    const link = document.createElement("a");
    link.href = root + told.address;
    const shown = document.createElement("bdi");
    shown.textContent = told.name;
    link.append(shown);
    what?.replaceChildren(link);
    of?.replaceChildren(told.of);
    lacking?.replaceChildren(told.lacking);
    for (const [words, title, to, place] of /** @type {const} */ ([
      ["Up", "up", list, index - 1],
      ["Down", "down", list, index + 2],
      ["To the other list", "to the other list", other, other?.items.length ?? 0],
    ])) {
      if (!to) continue;
      const button = createButton(words, () => work.move(item, to, place));
      button.setAttribute("aria-label", `Move ${told.name} ${title}`);
      button.dataset.move = title;
      button.disabled = to === list && (place < 0 || place > list.items.length);
      moves.append(button);
    }
    const remove = createButton("Remove", () => work.remove(item));
    remove.setAttribute("aria-label", `Remove ${told.name}`);
    moves.append(remove);
    const context = picture.getContext("2d");
    if (told.picture && context) drawPart(context, told.picture, 0, 0, SIDE).catch(() => {}); // left blank
  });
  listenToMoves(row, picture, item, index, list, work);
  return row;
}

/**
 * Dragged, or with Alt and an arrow key.
 *
 * @param {HTMLElement} row
 * @param {HTMLElement} picture
 * @param {Item} item
 * @param {number} index
 * @param {List} list
 * @param {Work} work
 */
function listenToMoves(row, picture, item, index, list, work) {
  row.addEventListener("keydown", (event) => {
    const place = event.altKey ? { ArrowUp: index - 1, ArrowDown: index + 2 }[event.key] : undefined;
    if (place === undefined) return;
    event.preventDefault();
    if (place >= 0 && place <= list.items.length) work.move(item, list, place);
  });
  picture.addEventListener("dragstart", (event) => {
    dragged = item;
    row.classList.add("dragged");
    event.dataTransfer?.setData("text/plain", item.path);
  });
  picture.addEventListener("dragend", () => {
    dragged = null;
    row.classList.remove("dragged");
  });
  row.addEventListener("dragover", () => {
    if (dragged) row.dataset.over = "";
  });
  row.addEventListener("dragleave", () => delete row.dataset.over);
  row.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (dragged) work.move(dragged, list, index);
  });
}

/**
 * @param {string} label
 * @param {string} value
 * @param {number} most characters
 * @param {(text: string) => void} changed
 */
function createInput(label, value, most, changed) {
  const line = document.createElement("p");
  const input = document.createElement("input");
  input.type = "text";
  input.maxLength = most;
  input.value = value;
  input.placeholder = label;
  input.setAttribute("aria-label", label);
  input.autocomplete = "off";
  input.addEventListener("input", () => changed(trimmed(input.value, most)));
  line.append(input);
  return line;
}

function createEmpty() {
  const empty = document.createElement("p");
  empty.className = "empty";
  empty.textContent = "Nothing yet: “Add to list” on the page of a channel, a photo or a class, and in a cell of a map.";
  return empty;
}
