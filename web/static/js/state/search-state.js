/** What the address asks the search for. Pure: no page, no browser. */

/** @param {string} address its part from "?" on */
export function readSearch(address) {
  return (new URLSearchParams(address).get("q") ?? "").trim();
}
