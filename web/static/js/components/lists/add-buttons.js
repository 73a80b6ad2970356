/** "Add to list", wherever a page has such a button, and the link to the list once one is begun. */

import { counted, kindOf, MOST_ITEMS, writeLists } from "../../state/list-state.js";
import { createButton, find } from "../page-elements.js";
import { carry, currentLists, isBegun, keep, listen, setLists } from "./current-lists.js";
import { root } from "./kept-lists.js";

const ASK = `Shall this browser keep your list? It then grows from page to page and is there tomorrow; nothing of it leaves
this machine. If not, it lives in the address alone: it goes along with the links that you follow here, and Back leads to the
list as it was.`;

/**
 * A button that adds an item.
 *
 * @param {string} tail what of this page is meant
 */
export function createAddButton(tail) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "add";
  button.dataset.add = tail;
  button.textContent = "Add to list";
  return button;
}

/** Show how much is in the list, from now on. */
export function startLists() {
  listen(count);
  addEventListener("pageshow", count); // gone back to, it may have grown meanwhile
  count();
}

/** Add what a button is for, or ask first where a list is to be kept. @param {HTMLButtonElement} button */
export function press(button) {
  const path = pathOf(button.dataset.add ?? "");
  if (!path) say(button, "Choose a place in the photo first.");
  else if (isBegun()) add(button, path);
  else ask(button, path);
}

/**
 * The path of an item: of this page (""), of the place chosen in it ("at"), or of a part by its name.
 *
 * @param {string} tail
 * @returns {string} empty if there is none
 */
function pathOf(tail) {
  const page = location.pathname.slice(root.pathname.length).replace(/(\/index\.html|\/)$/, "");
  const at = new URLSearchParams(location.search).get("at");
  const path = tail === "at" ? (at ? `${page}-${at.replace(",", "-")}` : "") : tail ? `${page}/${tail}` : page;
  return kindOf(path) ? path : "";
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} path
 */
function add(button, path) {
  const [first = { name: "", items: [] }, ...others] = currentLists();
  const isThere = [first, ...others].some(({ items }) => items.some((item) => item.path === path));
  if (!isThere && first.items.length >= MOST_ITEMS) return say(button, `Not added: a list holds ${MOST_ITEMS}.`);
  if (!isThere) setLists([{ ...first, items: [...first.items, { path, note: "" }] }, ...others]);
  say(button, isThere ? "In the list already." : `Added: ${counted(first.items.length + 1, "item")} in the list.`);
}

/**
 * Ask once whether the browser may keep lists; where the answer is no, the address says that one has begun.
 *
 * @param {HTMLButtonElement} button
 * @param {string} path
 */
function ask(button, path) {
  const question = document.createElement("dialog");
  question.className = "ask";
  question.setAttribute("aria-label", "Where to keep the list");
  const words = document.createElement("p");
  words.textContent = ASK;
  const answer = (/** @type {string} */ words, /** @type {() => void} */ then) =>
    createButton(words, () => {
      question.close();
      then();
    });
  const begun = writeLists([{ name: "", items: [] }]);
  const choices = document.createElement("p");
  choices.append(
    answer("Keep it in this browser", () => {
      keep(begun);
      add(button, path);
    }),
    answer("Only in the address", () => {
      carry(begun);
      add(button, path);
    }),
    answer("Cancel", () => {}),
  );
  question.append(words, choices);
  question.addEventListener("close", () => {
    question.remove();
    button.focus();
  });
  document.body.append(question);
  question.showModal();
}

/**
 * Say beside a button what it did.
 *
 * @param {HTMLButtonElement} button
 * @param {string} words
 */
function say(button, words) {
  const beside = button.nextElementSibling;
  const said = beside instanceof HTMLOutputElement ? beside : document.createElement("output");
  if (said !== beside) button.after(said);
  said.className = "added";
  said.value = words;
}

function count() {
  const place = find(document, "#list-link", HTMLElement);
  const items = currentLists().reduce((sum, list) => sum + list.items.length, 0);
  place.hidden = !isBegun();
  find(place, "a", HTMLAnchorElement).textContent = `List: ${items}`;
}
