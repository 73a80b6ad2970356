/** What the panes beside a map are built of. */

import { grouped } from "../page-elements.js";

/**
 * @param {"h2" | "h3"} kind
 * @param {string} words
 */
export function heading(kind, words) {
  const element = document.createElement(kind);
  element.textContent = words;
  return element;
}

/**
 * @param {string} style the name of its style
 * @param {(string | Node)[]} words
 */
export function paragraph(style, ...words) {
  const element = document.createElement("p");
  element.className = style;
  element.append(...words);
  return element;
}

/**
 * A link to another view of this page.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @param {string} words
 */
export function viewLink(search, words) {
  const link = document.createElement("a");
  link.href = search || "?";
  link.dataset.view = "";
  link.textContent = words;
  return link;
}

/**
 * @param {number} number
 * @param {string} one what is counted
 */
export function counted(number, one) {
  return `${grouped(number)} ${one}${number === 1 ? "" : "s"}`;
}
