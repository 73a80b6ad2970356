/** Whether one collects in lists here, and what this browser keeps of them. */

import { isListed } from "../../state/list-address.js";

const link = document.querySelector("#list-link a");
export const root = link instanceof HTMLAnchorElement ? new URL("../", link.href) : new URL("./", location.href);
export const KEY = `diamond-cutter lists ${root.pathname}`;

/** What this browser keeps, as it stands in an address; null: nothing, nobody agreed. */
export function keptText() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // the browser refuses
  }
}

/** Whether a list was begun, which this browser keeps or the address names. */
export function isCollecting() {
  return keptText() !== null || isListed(location.hash);
}
