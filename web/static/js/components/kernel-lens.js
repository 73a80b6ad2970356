/** A kernel large, with its weights. */

import { find } from "./page-elements.js";
import { signedText } from "../data/signed-numbers.js";

const STEPS = 999; // as `build/charts/weight_kernel.py` has it

/**
 * Show the kernel of a connection.
 *
 * @param {HTMLElement} lens
 * @param {HTMLElement} item of the connection
 * @param {number} scale the largest weight that it is drawn to
 */
export function showKernel(lens, item, scale) {
  const table = document.createElement("table");
  for (const row of (item.dataset.kernel ?? "").split(";")) {
    const cells = table.insertRow();
    for (const text of row.split(",")) {
      const share = Number(text) / STEPS;
      const cell = cells.insertCell();
      cell.textContent = signedText(share * scale, scale, 2);
      cell.className = share < 0 ? "inhibits" : "excites";
      cell.style.setProperty("--strength", `${50 * Math.sqrt(Math.abs(share))}%`);
    }
  }
  const frame = find(lens, "#kernel", HTMLElement);
  frame.replaceChildren(table);
  frame.style.setProperty("--columns", String(table.rows[0]?.cells.length ?? 1));
  const link = find(lens, "#kernel-link", HTMLAnchorElement);
  const tile = item.querySelector("a");
  link.textContent = item.querySelector("img")?.alt ?? item.querySelector(".unseen")?.textContent ?? "";
  if (tile) link.href = tile.href;
  else link.removeAttribute("href");
  const share = find(item, ".amount", HTMLElement).textContent?.slice(1).trim();
  const disagrees = item.querySelector(".disagrees") ? "; photos disagree" : "";
  const { weight } = item.dataset; // a depthwise kernel has none of its own
  find(lens, "#kernel-facts", HTMLElement).textContent = `${weight ? `weight ${weight}, ` : ""}${share} of all${disagrees}`;
}
