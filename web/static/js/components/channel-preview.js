/** The preview beside a grid: a channel's tile enlarged, and its numbers. */

import { decimal, find } from "./page-elements.js";

/** @typedef {import("../data/fetched-documents.js").LayerData} LayerData */

/**
 * Show a channel in the preview.
 *
 * @param {HTMLElement} preview
 * @param {Element} item the channel's item of the grid
 * @param {number} channel
 * @param {LayerData} data
 */
export function showPreview(preview, item, channel, data) {
  const link = find(preview, ".number a", HTMLAnchorElement);
  link.href = `${channel}/`;
  link.textContent = `Channel ${channel}`;
  find(preview, "[data-add]", HTMLButtonElement).dataset.add = String(channel);
  const score = data.score[channel] ?? null;
  const facts = find(preview, ".facts", HTMLElement);
  const evidence = data.evidence?.picture[channel] ?? null;
  const told = evidence === null ? "" : `, evidence ${Math.round(100 * evidence)} %`;
  facts.textContent = (score === null ? "no score yet" : `score ${decimal(score)}`) + told;
  const words = preview.querySelector("#preview-words"); // only where there are any
  words?.replaceChildren(...named(data.words?.[channel] ?? []));
  find(preview, ".frame", HTMLElement).replaceChildren(content(item, data.reason[channel] ?? ""));
}

/** The words of a channel, each apart from the others. @param {string[]} words */
function named(words) {
  return words.flatMap((word, position) => {
    const element = document.createElement("bdi");
    element.textContent = word;
    return position ? [", ", element] : [element];
  });
}

/**
 * @param {Element} item
 * @param {string} reason
 * @returns {Node}
 */
function content(item, reason) {
  if (reason) {
    const text = document.createElement("span");
    text.className = "reason";
    text.textContent = reason;
    return text;
  }
  // The same sheet, so that nothing is fetched: no answer can come late.
  const picture = find(item, "img", HTMLImageElement).cloneNode();
  if (picture instanceof HTMLImageElement) {
    picture.loading = "eager";
    picture.alt = "";
  }
  return picture;
}
