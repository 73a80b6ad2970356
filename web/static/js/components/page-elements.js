/** What the scripts share of a page. */

/**
 * The element that a selector finds; the page is broken if there is none.
 *
 * @template {Element} T
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function find(parent, selector, type) {
  const found = parent.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} ${selector}`);
  return found;
}

/**
 * The address of a picture of the site, as the page sees it: pictures may all lie elsewhere.
 *
 * @param {string} address relative to the page
 */
export function pictureAddress(address) {
  const { pictures } = document.documentElement.dataset;
  return pictures ? new URL(address, new URL(pictures, document.baseURI)).href : address;
}

/**
 * A button of some words.
 *
 * @param {string} words
 * @param {() => void} pressed
 */
export function createButton(words, pressed) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words;
  button.addEventListener("click", pressed);
  return button;
}

/**
 * A whole number with its thousands apart, as the pages write it.
 *
 * @param {number} number
 */
export function grouped(number) {
  return number.toLocaleString("en").replaceAll(",", "\u202f");
}

/**
 * A number of two decimals with a true minus sign, as the pages write it.
 *
 * @param {number} number
 */
export function decimal(number) {
  return number.toFixed(2).replace("-", "\u2212");
}
