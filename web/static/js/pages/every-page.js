/**
 * What all pages have: the search field, the link to the list and the buttons that add to it, and the way to embed what can
 * be. What most visits do not need is loaded when it is.
 */

import { isEmbedded, startEmbedded, startSnippet } from "../components/embed-snippet.js";
import { isCollecting } from "../components/lists/kept-lists.js";
import { find } from "../components/page-elements.js";

/** @type {Promise<typeof import("../components/lists/add-buttons.js")> | undefined} */
let starting;
const embed = document.querySelector("details.embed");
const field = find(document, "#search", HTMLInputElement);

if (isEmbedded()) {
  startEmbedded();
} else {
  // Not in a foreign page: there nothing of this browser is looked at.
  document.addEventListener("click", add);
  addEventListener("storage", followList); // begun in another window
  addEventListener("pageshow", followList);
  followList();
  document.addEventListener("keydown", goToSearch);
  field.addEventListener("focus", () => import("../components/search/search-field.js").catch(say));
  field.disabled = false;
  if (embed instanceof HTMLDetailsElement) startSnippet(embed);
}

/** @param {KeyboardEvent} event */
function goToSearch(event) {
  const typing = event.target instanceof Element && event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea");
  if (event.key !== "/" || typing || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  field.focus();
  field.select();
}

/** Why the search could not be loaded. @param {unknown} error */
function say(error) {
  field.placeholder = `No search: ${error instanceof Error ? error.message : error}`;
}

function startLists() {
  starting ??= import("../components/lists/add-buttons.js").then((lists) => {
    lists.startLists();
    return lists;
  });
  return starting;
}

function followList() {
  if (isCollecting()) startLists();
}

/** @param {MouseEvent} event */
async function add({ target }) {
  const button = target instanceof Element ? target.closest("button[data-add]") : null;
  if (button instanceof HTMLButtonElement) (await startLists()).press(button);
}
