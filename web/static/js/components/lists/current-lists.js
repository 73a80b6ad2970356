/** The lists that one collects in: kept in this browser if one agreed, else carried from page to page in addresses. */

import { isListed } from "../../state/list-address.js";
import { readLists, writeLists } from "../../state/list-state.js";
import { KEY, keptText, root } from "./kept-lists.js";

/** @typedef {import("../../state/list-state.js").List} List */

let carried = isListed(location.hash) ? location.hash : "";
/** @type {(() => void)[]} */
const told = [];

/** Whether a list was begun, here or in the address that led here. */
export function isBegun() {
  return keptText() !== null || carried !== "";
}

/** @returns {List[]} */
export function currentLists() {
  return readLists(keptText() ?? carried).lists;
}

/** @param {List[]} lists */
export function setLists(lists) {
  const text = writeLists(lists);
  if (keptText() === null) carry(text);
  else keep(text);
}

/**
 * Keep lists in this browser: only where one has agreed.
 *
 * @param {string} text as they stand in an address
 * @returns {boolean} whether the browser does
 */
export function keep(text) {
  try {
    localStorage.setItem(KEY, text);
    return true;
  } catch {
    carry(text);
    return false;
  } finally {
    tell();
  }
}

/** Keep nothing in this browser any more. */
export function forget() {
  localStorage.removeItem(KEY);
  tell();
}

/** Carry lists in the addresses of this page and of those that one follows. @param {string} text */
export function carry(text) {
  carried = text;
  history.replaceState(null, "", location.pathname + location.search + text);
  tell();
}

/** Be told when the lists change, in another window too. @param {() => void} listener */
export function listen(listener) {
  told.push(listener);
}

function tell() {
  for (const listener of told) listener();
}

/** What is not kept goes along with the links of this site. @param {MouseEvent} event */
function bring({ target }) {
  const followed = target instanceof Element ? target.closest("a") : null;
  if (!followed || !carried || keptText() !== null || followed.hash) return;
  if (followed.origin === root.origin && followed.pathname.startsWith(root.pathname)) followed.hash = carried;
}

document.addEventListener("click", bring, { capture: true });
document.addEventListener("auxclick", bring, { capture: true });
addEventListener("storage", ({ key }) => {
  if (key === KEY || key === null) tell();
});
