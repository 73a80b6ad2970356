/** One layer of a photo as it is looked at: the photo with its cells, and the channels beside it. */

import { cellAt, placeOf } from "../data/cell-grid.js";
import { channelName, createGroups, createScale, createTable } from "./channel-table.js";
import { signedText } from "../data/signed-numbers.js";
import { NOT_YET, createIcon, lack, placeIcon } from "./channel-icons.js";
import { channelMap, entriesOf, extremes, findPart, groupValue, peakOf } from "../data/attribution-data.js";
import { find } from "./page-elements.js";
import { PhotoMap } from "./photo-map.js";

/** @typedef {import("./channel-icons.js").Pictures} Pictures */
/** @typedef {import("../data/attribution-data.js").Part} Part */
/** @typedef {import("../data/attribution-data.js").View} View */
/** @typedef {import("../state/attribution-state.js").Look} Look */
/** @typedef {[number, number] | null} Place */

/**
 * @typedef {object} Choice a layer that can be looked at
 * @property {string} key
 * @property {string} name
 * @property {string} folder of its JSON
 * @property {string} atlas address of the layer's page; empty: the atlas has none of it
 * @property {string} command what renders the pictures that lack
 *
 * @typedef {object} Shown
 * @property {Choice} choice
 * @property {View} view
 * @property {Pictures} pictures
 * @property {[number | null, number | null]} question the class asked for, and against which
 */

const OF_PHOTO = 6; // channels for and against of the whole photo
const OF_CELL = 4;

export class Pane {
  /** @type {Shown | null} */
  #shown = null;
  /** @type {Part | null} */
  #part = null;
  #cellPeak = 0;
  #painted = "";

  /**
   * @param {HTMLElement} element
   * @param {(place: Place) => void} onLook
   * @param {(place: Place) => void} onChoose
   */
  constructor(element, onLook, onChoose) {
    this.element = element;
    this.map = find(element, "photo-map", PhotoMap);
    this.legend = find(element, ".legend", HTMLElement);
    this.told = find(element, ".told", HTMLElement);
    this.map.addEventListener("look", (event) => onLook(this.#place(event)));
    this.map.addEventListener("choose", (event) => onChoose(this.#place(event)));
  }

  /** What speaks for the class asked for; null before anything is shown. */
  get part() {
    return this.#part;
  }

  /**
   * Show a layer.
   *
   * @param {Shown} shown
   */
  show(shown) {
    const { choice, view, question } = shown;
    this.#shown = shown;
    const asked = findPart(view, ...question);
    this.#part = asked ?? findPart(view, null, null);
    this.#cellPeak = cellPeak(view, this.#part);
    this.#painted = "";
    this.element.setAttribute("aria-label", choice.name);
    find(this.element, ".pane-name", HTMLElement).textContent = choice.name;
    this.map.setAttribute("aria-label", `The photo in ${view.rows} by ${view.columns} cells: arrow keys choose one`);
    this.map.grid = view;
    const instead = asked ? "" : "What was asked is not kept of this layer; this is the network's own question. ";
    find(this.told, ".sums", HTMLElement).textContent = this.#part ? instead + sums(this.#part) : "";
  }

  /**
   * Make the pane what is looked at; the cell in words, for who does not see it.
   *
   * @param {Look} look
   * @param {number | null} channel chosen in this pane
   * @param {Place} looked where the pointer is
   * @returns {string}
   */
  render(look, channel, looked) {
    if (!this.#shown || !this.#part) return "";
    const { view } = this.#shown;
    const chosen = look.at && cellAt(look.at, view);
    const over = looked && cellAt(looked, view);
    this.map.mark(chosen, over);
    this.#paint(look, channel);
    return this.#tell(look, channel, over ?? chosen);
  }

  /**
   * @param {Look} look
   * @param {number | null} channel
   */
  #paint(look, channel) {
    const shown = this.#shown;
    const part = this.#part;
    const painted = JSON.stringify([channel, look.over, look.group, look.by]);
    if (!shown || !part || painted === this.#painted) return;
    this.#painted = painted;
    const { view } = shown;
    if (channel !== null && channel < view.channels) {
      const { values, isWhole } = channelMap(view, channel);
      const scale = peakOf(values);
      this.map.paint({ layers: [values], scale, kind: "active" });
      const note = isWhole ? "" : "; only of the cells that it is among the most active channels of";
      this.legend.replaceChildren(createScale(scale, false, `Activation of channel ${channel}${note}`));
    } else if (look.over === "groups") {
      const { groups } = view;
      const layers = look.group === null ? groups.map(({ map }) => map) : groups.map(({ map }, index) => (index === look.group ? map : new Float32Array(map.length)));
      this.map.paint({ layers, scale: 1, kind: "groups" });
      this.legend.replaceChildren();
    } else if (look.over === "channels") {
      this.#paintChannels(look, part);
    } else if (look.over === "heat") {
      const scale = peakOf(part.heatmap);
      this.map.paint({ layers: [part.heatmap], scale, kind: "signed" });
      this.legend.replaceChildren(createScale(scale, true, `Attribution of a cell, in logits, ${this.#target(part)}`));
    } else {
      this.map.paint(null);
      this.legend.replaceChildren();
    }
  }

  /**
   * In each cell the channel that speaks most for the class, or that is most active.
   *
   * @param {Look} look
   * @param {Part} part
   */
  #paintChannels(look, part) {
    const { view, pictures } = /** @type {Shown} */ (this.#shown);
    const isSigned = look.by === "attribution";
    const scale = isSigned ? this.#cellPeak : view.activePeak;
    this.map.paintIcons((cell) => {
      const [first] = extremes(isSigned ? part.cell(cell) : view.active(cell), 1);
      if (!first || first.value <= 0) return null;
      const tile = lack(first.channel, pictures) ? null : placeIcon(first.channel, pictures);
      return { strength: scale > 0 ? first.value / scale : 0, text: String(first.channel), tile };
    });
    const words = document.createElement("p");
    words.className = "note";
    const what = isSigned ? `speaks most ${this.#target(part)}` : "is most active";
    words.textContent = `In each cell the channel that ${what}, the stronger the clearer.`;
    this.legend.replaceChildren(words);
  }

  /**
   * @param {Look} look
   * @param {number | null} channel
   * @param {[number, number] | null} cell
   */
  #tell(look, channel, cell) {
    const shown = this.#shown;
    const part = this.#part;
    if (!shown || !part) return "";
    const { view, pictures } = shown;
    const table = look.over === "groups" && channel === null && !cell ? this.#groups(look, part) : this.#channels(look, channel, cell);
    find(this.told, ".lacking", HTMLElement).hidden = !table.querySelector("[data-lacking]");
    const focused = document.activeElement instanceof HTMLElement && this.told.contains(document.activeElement) ? document.activeElement.dataset : {};
    find(this.told, ".channels", HTMLTableElement).replaceWith(table);
    const known = channel !== null && channel < view.channels ? channel : null;
    find(this.told, ".chosen", HTMLElement).replaceChildren(...(known === null ? [] : this.#card(known, part)));
    for (const name of /** @type {const} */ (["channel", "group", "release"])) {
      if (focused[name] === undefined) continue;
      const again = this.told.querySelector(`[data-${name}="${focused[name]}"]`);
      if (again instanceof HTMLElement) again.focus({ preventScroll: true });
      else this.map.focus({ preventScroll: true });
    }
    const entries = [...table.querySelectorAll("tbody tr")].slice(0, 3).map((row) => {
      const value = row.querySelector(".value")?.textContent ?? "";
      return `${row.querySelector("th")?.lastElementChild?.textContent ?? ""} ${value}`.trim();
    });
    return cell && pictures ? `${table.caption?.textContent}: ${entries.join(", ")}` : "";
  }

  /**
   * @param {Look} look
   * @param {number | null} chosen
   * @param {[number, number] | null} cell
   */
  #channels(look, chosen, cell) {
    const { view, pictures } = /** @type {Shown} */ (this.#shown);
    const part = /** @type {Part} */ (this.#part);
    const isSigned = look.by === "attribution";
    const where = cell ? `Row ${cell[0] + 1}, column ${cell[1] + 1}` : "The whole photo";
    const index = cell ? cell[0] * view.columns + cell[1] : 0;
    let entries;
    let scale;
    if (isSigned) {
      entries = cell ? extremes(part.cell(index), OF_CELL) : extremes(entriesOf(part.channel), OF_PHOTO);
      scale = cell ? this.#cellPeak : peakOf(entries.map(({ value }) => value));
    } else {
      const strongest = [...view.peaks].map(([channel, value]) => ({ channel, value }));
      entries = cell ? view.active(index) : extremes(strongest, 2 * OF_PHOTO);
      scale = view.activePeak;
    }
    const what = isSigned ? `channels ${this.#target(part)}` : cell ? "its most active channels" : "how active its channels get anywhere, of those that matter most";
    return createTable({ caption: `${where}: ${what}`, entries, scale, isSigned, chosen, pictures, figures: cell ? 2 : 3 });
  }

  /**
   * @param {Look} look
   * @param {Part} part
   */
  #groups(look, part) {
    const { choice, view, pictures } = /** @type {Shown} */ (this.#shown);
    const values = view.groups.map((group) => groupValue(view, group, part.of, part.against));
    const means = view.groups.some(({ side }) => side) ? "its picture, rendered as a direction, and its strongest channels" : "its strongest channels";
    const caption = `Groups of neurons that fire together, each by ${means}, and what it adds ${this.#target(part)}`;
    return createGroups(view.groups, caption, values, look.group, pictures, choice.folder);
  }

  /**
   * The channel that is chosen: large, with its numbers in this photo and the way to its page.
   *
   * @param {number} channel
   * @param {Part} part
   */
  #card(channel, part) {
    const { choice, view, pictures } = /** @type {Shown} */ (this.#shown);
    const tile = document.createElement("span");
    tile.className = "tile";
    tile.append(createIcon(channel, pictures));
    const words = document.createElement("div");
    const name = document.createElement("p");
    name.className = "name";
    name.append(channelName(channel, pictures, `Channel ${channel}`));
    const facts = document.createElement("p");
    const value = part.channel[channel] ?? 0;
    const map = channelMap(view, channel).values;
    facts.textContent = `In the whole photo ${signedText(value, peakOf(part.channel))} ${this.#target(part)}; it fires at up to ${peakOf(map).toPrecision(3)}.`;
    words.append(name, facts);
    if (lack(channel, pictures) === NOT_YET) {
      const command = document.createElement("p");
      const code = document.createElement("code");
      code.textContent = `${choice.command} --channels ${channel}-${channel}`;
      command.append("No picture yet: ", code, " renders it.");
      words.append(command);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.release = "";
    button.textContent = "Back to the heatmap";
    words.append(button);
    return [tile, words];
  }

  /** What is asked, in words. @param {Part} part */
  #target({ of, against }) {
    const names = this.#shown?.view.names;
    // names are kept apart from the direction of the text around them
    const name = (/** @type {number} */ index) => `“\u2068${names?.get(index) ?? `class ${index}`}\u2069”`;
    return against === null ? `for ${name(of)}` : `for ${name(of)} against ${name(against)}`;
  }

  /** @param {Event} event */
  #place(event) {
    const cell = event instanceof CustomEvent ? event.detail : null;
    return cell && this.#shown ? placeOf(cell, this.#shown.view) : null;
  }
}

/**
 * The largest attribution of a channel in a cell: one scale for all cells.
 *
 * @param {View} view
 * @param {Part | null} part
 */
function cellPeak(view, part) {
  let peak = 0;
  for (let cell = 0; part && cell < view.rows * view.columns; cell += 1)
    peak = Math.max(peak, peakOf(part.cell(cell).map(({ value }) => value)));
  return peak;
}

/** How far the attribution adds up, as `build/pages/attribution/attribution_view.py` says it. @param {Part} part */
function sums({ against, logit, total, bias }) {
  const scale = Math.max(Math.abs(logit), Math.abs(total), 0.1);
  const text = (/** @type {number} */ value) => signedText(value, scale);
  const of = against === null ? "The logit" : "The difference of the two logits";
  const said = `${of} is ${text(logit)}: all cells and channels together ${text(total)}, bias ${text(bias)}`;
  const rest = logit - total - bias;
  if (Math.abs(rest) < 1e-3 * Math.max(1, Math.abs(logit))) return `${said}; nothing is left.`;
  return `${said}; ${text(rest)} of it the sum falls short of.`;
}
