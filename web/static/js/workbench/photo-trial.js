/** A new photo, tried at once: its classes, the heatmap over it, and its strongest channels. */

import { find } from "../components/page-elements.js";
import { create } from "./job-view.js";
import { send } from "./workbench-calls.js";

/** Classes and channels that are shown. */
const SHOWN = 6;

/** @param {string} study */
export function startTrials(study) {
  const field = find(document, "#photo", HTMLInputElement);
  const drop = find(document, "#drop", HTMLElement);
  const note = find(document, "#trial-note", HTMLElement);
  const place = find(document, "#trial", HTMLElement);
  const choice = find(document, "#try-title ~ p select", HTMLSelectElement);
  /** @type {File | undefined} */
  let last;
  let turns = 0;

  field.addEventListener("change", () => attempt(field.files?.[0]));
  choice.addEventListener("change", () => attempt(last));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    attempt(event.dataTransfer?.files[0]);
  });

  /** @param {File | undefined} photo */
  async function attempt(photo) {
    if (!photo) return;
    last = photo;
    const turn = ++turns;
    const [model = "", cut = ""] = choice.value.split("\n");
    note.textContent = `Looking at ${photo.name} … the first photo takes longer: the network is loaded.`;
    try {
      const seen = await send(`/api/studies/${study}/trials?${new URLSearchParams({ model, cut })}`, photo);
      if (turn !== turns) return;
      const [best] = seen.probabilities;
      note.textContent = `${photo.name} is taken for ${best.class}, with ${(100 * best.probability).toFixed(1)} %.`;
      place.replaceChildren(picture(seen, best.class), classes(seen), channels(seen));
    } catch (error) {
      if (turn !== turns) return;
      note.textContent = error instanceof Error ? error.message : String(error);
      place.replaceChildren();
    }
  }
}

/**
 * The photo with its heatmap, of the layer that is chosen.
 *
 * @param {any} seen
 * @param {string} best
 */
function picture(seen, best) {
  const figure = create("figure", "trial-picture");
  const stack = create("div", "stack");
  stack.append(image(seen.picture, "The photo as the network sees it"));
  const heat = image("", "");
  const maps = seen.heatmaps;
  const choice = create("select");
  for (const map of maps) choice.append(Object.assign(create("option"), { value: map.file, textContent: map.layer }));
  choice.value = maps[maps.length - 1]?.file ?? "";
  const turn = () => {
    heat.src = `/trials/${choice.value}`;
    heat.alt = `Heatmap: what speaks for ${best} at ${choice.selectedOptions[0]?.textContent}`;
  };
  choice.addEventListener("change", turn);
  if (maps.length) {
    turn();
    stack.append(heat);
  }
  const caption = create("figcaption");
  const label = create("label");
  label.append("Heatmap of the layer ", choice);
  caption.append(label, create("br"), `Blue speaks for ${best}, orange against it.`);
  figure.append(stack, caption);
  return figure;
}

/**
 * @param {string} file
 * @param {string} text
 */
function image(file, text) {
  const made = create("img");
  if (file) made.src = `/trials/${file}`;
  made.alt = text;
  return made;
}

/** @param {any} seen */
function classes(seen) {
  const list = create("ol", "trial-classes");
  for (const { class: name, probability } of seen.probabilities.slice(0, SHOWN)) {
    const row = create("li");
    const label = create("bdi");
    label.textContent = name;
    const bar = Object.assign(create("progress"), { max: 1, value: probability });
    bar.setAttribute("aria-label", name);
    row.append(label, bar, create("span"));
    find(row, "span", HTMLElement).textContent = `${(100 * probability).toFixed(1)} %`;
    list.append(row);
  }
  return list;
}

/** @param {any} seen */
function channels(seen) {
  const block = create("div");
  const text = create("p", "note");
  text.textContent = `The channels of ${seen.cut} that speak most for it (+) or against it (−):`;
  const list = create("ul", "trial-channels");
  for (const { channel, contribution, page } of seen.channels.filter((/** @type {any} */ each) => each.layer === seen.cut).slice(0, SHOWN)) {
    const name = create(page ? "a" : "span");
    name.textContent = `channel ${channel}`;
    if (name instanceof HTMLAnchorElement) {
      name.href = page;
      const icon = Object.assign(create("img"), { src: `${page}channel.jpg`, alt: "", width: 48, height: 48 });
      name.prepend(icon);
    }
    const row = create("li");
    row.append(name, ` ${contribution < 0 ? "−" : "+"}${Math.abs(contribution).toFixed(2)}`);
    list.append(row);
  }
  block.append(text, list);
  return block;
}
