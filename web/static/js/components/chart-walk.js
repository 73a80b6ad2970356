/** Charts whose marks are links. */

import { moveInChart } from "./key-movement.js";
import { find } from "./page-elements.js";

/** One mark of a chart is a stop of the tab key; arrow keys go to the others. @param {Element} chart */
export function walk(chart) {
  const links = [...chart.querySelectorAll("a")];
  const lines = [...chart.querySelectorAll(".series")];
  const points = links.map((link) => {
    const { e: x, f: y } = find(link, "g", SVGGElement).transform.baseVal.getItem(0).matrix;
    return { x, y, line: lines.findIndex((line) => line.contains(link)) };
  });
  let stop = Math.max(0, links.findIndex((link) => link.classList.contains("recommended")));
  links.forEach((link, index) => link.setAttribute("tabindex", index === stop ? "0" : "-1"));
  chart.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const next = links[moveInChart(event.key, stop, points) ?? -1];
    if (event.key.startsWith("Arrow")) event.preventDefault();
    next?.focus();
  });
  chart.addEventListener("focusin", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const index = links.findIndex((other) => other === link);
    if (index < 0) return;
    links[stop]?.setAttribute("tabindex", "-1");
    links[index]?.setAttribute("tabindex", "0");
    stop = index;
  });
}
