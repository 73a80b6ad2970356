/** The page of a channel: its link to copy, arrow keys to its neighbours, and the ways along its weights. */

import { createIcon, fetchPictures } from "../components/channel-icons.js";
import { move } from "../components/key-movement.js";
import { showKernel } from "../components/kernel-lens.js";
import { find } from "../components/page-elements.js";
import { readWalk, writeWalk } from "../state/walk-state.js";

/** @typedef {import("../state/walk-state.js").Step} Step */

const copied = find(document, "#copied", HTMLOutputElement);
const link = find(document, "#link", HTMLAnchorElement);

find(document, "#copy", HTMLButtonElement).addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(link.href);
    copied.value = "Copied";
  } catch {
    copied.value = link.href; // no clipboard here: shown, to be copied by hand
  }
});

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target !== document.body) return;
  const relation = new Map([["ArrowLeft", "prev"], ["ArrowRight", "next"]]).get(event.key);
  const neighbour = relation && document.querySelector(`a[rel=${relation}]`);
  if (neighbour instanceof HTMLAnchorElement) neighbour.click();
});

/** @param {HTMLElement} circuit what the channel is made of, and what it feeds */
function start(circuit) {
  const { layer = "", channel, scale } = circuit.dataset;
  const here = { layer, channel: Number(channel) };
  const walk = readWalk(location.search);
  if (walk.length) showTrail(find(document, "#trail", HTMLElement), walk, here);
  for (const step of circuit.querySelectorAll(".connections a")) {
    if (step instanceof HTMLAnchorElement) step.search = writeWalk([...walk, here]);
  }
  const lens = find(circuit, ".lens", HTMLElement);
  const show = (/** @type {EventTarget | null} */ target) => {
    const item = target instanceof Element ? target.closest("[data-kernel]") : null;
    if (item instanceof HTMLElement) showKernel(lens, item, Number(item.dataset.scale ?? scale));
  };
  circuit.addEventListener("pointerover", ({ target }) => show(target));
  circuit.addEventListener("focusin", ({ target }) => show(target));
  circuit.addEventListener("keydown", onKey);
  show(circuit.querySelector("[data-kernel]"));
}

/** Arrow keys move through a list of channels. @param {KeyboardEvent} event */
function onKey(event) {
  const list = event.target instanceof Element ? event.target.closest(".connections") : null;
  if (!list || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const links = [...list.querySelectorAll("a")];
  const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const at = links.findIndex((one) => one === event.target);
  const position = move(event.key, at, columns, links.length);
  if (position === null) return;
  event.preventDefault();
  links[position]?.focus();
}

/**
 * Show the way that led to a channel, and the channel at its end.
 *
 * @param {HTMLElement} trail
 * @param {Step[]} steps at least one
 * @param {Step} here
 */
function showTrail(trail, steps, here) {
  const list = document.createElement("ol");
  for (const [index, step] of steps.entries()) {
    const link = document.createElement("a");
    link.href = addressOf(step) + writeWalk(steps.slice(0, index));
    list.append(item(link, step));
  }
  const last = document.createElement("span");
  last.setAttribute("aria-current", "page");
  list.append(item(last, here));
  const end = document.createElement("a");
  end.href = location.pathname;
  end.className = "end";
  end.textContent = "End the walk";
  trail.replaceChildren(list, end);
  trail.hidden = false;
  list.scrollLeft = list.scrollWidth; // of a long one the end is in view
}

/**
 * @param {HTMLElement} tile
 * @param {Step} step
 */
function item(tile, step) {
  const { layer, channel } = step;
  const name = document.createElement("span");
  name.className = "unseen";
  name.textContent = `Channel ${channel} of ${layer}`;
  tile.className = "tile";
  tile.title = name.textContent;
  tile.append(name);
  fetchPictures(`../../${layer}/`)
    .catch(() => fetchPictures("")) // a layer that is not here: its number alone
    .then((pictures) => tile.append(createIcon(channel, pictures)));
  const place = document.createElement("li");
  place.append(tile);
  return place;
}

/** @param {Step} step */
function addressOf({ layer, channel }) {
  return `../../${layer}/${channel}/`;
}

const circuit = document.querySelector(".circuit");
if (circuit instanceof HTMLElement) start(circuit);
