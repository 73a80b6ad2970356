/** How the part of an address that names lists begins: all that a page without one has to know. Pure: no page, no browser. */

export const START = "#list=";

/**
 * Whether an address names lists at all.
 *
 * @param {string} hash the address's part from "#" on
 */
export function isListed(hash) {
  return hash.startsWith(START);
}
