/**
 * A photo with the cells of a layer over it. What is drawn is given to it; what a visitor does comes
 * out as events: "look", while the pointer is over a cell, and "choose"; their detail is the cell,
 * or null for none.
 */

import { cellAt, moveCell } from "../data/cell-grid.js";
import { draw, hatching } from "./svg-elements.js";

/** @typedef {import("../data/cell-grid.js").Cell} Cell */
/** @typedef {import("../data/cell-grid.js").Grid} Grid */

/**
 * @typedef {object} Paint what is drawn over the photo, one value a cell, row by row
 * @property {ArrayLike<number>[]} layers one, or one a neuron group
 * @property {number} scale the value that is drawn in full colour
 * @property {"signed" | "active" | "groups"} kind
 */

/**
 * @typedef {object} Icon what stands in a cell: a tile of a sheet, or a text
 * @property {number} strength 0..1
 * @property {string} text
 * @property {ReturnType<typeof import("./channel-icons.js").placeIcon> | null} tile
 */

const STRONGEST = 0.85; // opacity of a cell at the end of the scale: the photo stays seen
let count = 0; // of maps, so that patterns have names of their own

export class PhotoMap extends HTMLElement {
  /** @type {Grid} */
  #grid = { rows: 1, columns: 1 };
  /** @type {Cell | null} */
  #chosen = null;
  #width = 0;
  #height = 0;
  #cells = draw("g", { class: "cells" });
  #marks = draw("g", { class: "marks" });
  #pattern = `against-${(count += 1)}`;
  #isReady = false;

  connectedCallback() {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#width = Number(this.dataset.width);
    this.#height = Number(this.dataset.height);
    const drawing = this.querySelector("svg");
    drawing?.querySelectorAll("defs, g").forEach((before) => before.remove()); // those of a copied one
    drawing?.append(draw("defs", {}, hatching(this.#pattern, 16)), this.#cells, this.#marks);
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.setAttribute("aria-roledescription", "grid of cells");
    this.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse") this.#tell("look", this.#at(event));
    });
    this.addEventListener("pointerleave", () => this.#tell("look", null));
    this.addEventListener("click", (event) => {
      const cell = this.#at(event);
      this.#tell("choose", cell && this.#isChosen(cell) ? null : cell);
    });
    this.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @param {Grid} grid */
  set grid(grid) {
    this.#grid = grid;
  }

  /** @param {Paint | null} paint */
  paint(paint) {
    this.toggleAttribute("data-painted", paint !== null);
    this.#cells.replaceChildren(...(paint ? this.#draw(paint) : []));
  }

  /**
   * Draw a picture, or a text where there is none, in each cell: the semantic map.
   *
   * @param {(cell: number) => Icon | null} iconOf
   */
  paintIcons(iconOf) {
    const { rows, columns } = this.#grid;
    const drawn = [];
    for (let cell = 0; cell < rows * columns; cell += 1) {
      const icon = iconOf(cell);
      const box = this.#box([Math.floor(cell / columns), cell % columns]);
      if (icon) drawn.push(...drawIcon(icon, box));
    }
    this.toggleAttribute("data-painted", true);
    this.#cells.replaceChildren(...drawn);
  }

  /**
   * @param {Cell | null} chosen
   * @param {Cell | null} looked where the pointer is, here or in the picture beside
   */
  mark(chosen, looked) {
    this.#chosen = chosen;
    const marks = [];
    if (looked) marks.push(...this.#frame(looked, "looked"));
    if (chosen) marks.push(...this.#frame(chosen, "chosen"));
    this.#marks.replaceChildren(...marks);
  }

  /** @param {Paint} paint */
  #draw({ layers, scale, kind }) {
    const { rows, columns } = this.#grid;
    const drawn = [];
    for (let cell = 0; cell < rows * columns; cell += 1) {
      const { index, value } = strongest(layers, cell);
      const strength = scale > 0 ? Math.min(1, Math.abs(value) / scale) : 0;
      if (strength < 0.01) continue;
      const attributes = { ...this.#box([Math.floor(cell / columns), cell % columns]), "fill-opacity": (STRONGEST * strength).toFixed(3) };
      if (kind === "groups") drawn.push(draw("rect", { ...attributes, class: `group g${index % 8}` }));
      else if (kind === "active") drawn.push(draw("rect", { ...attributes, class: "active" }));
      else if (value > 0) drawn.push(draw("rect", { ...attributes, class: "for" }));
      else drawn.push(draw("rect", { ...attributes, fill: `url(#${this.#pattern})` }));
    }
    return kind === "groups" ? [...drawn, ...this.#numbers(layers)] : drawn;
  }

  /** The number of each group at its strongest cell. @param {ArrayLike<number>[]} layers */
  #numbers(layers) {
    return layers.flatMap((values, index) => {
      let best = -1;
      for (let cell = 0; cell < values.length; cell += 1)
        if (strongest(layers, cell).index === index && (best < 0 || (values[cell] ?? 0) > (values[best] ?? 0))) best = cell;
      if (best < 0 || !values[best]) return [];
      const box = this.#box([Math.floor(best / this.#grid.columns), best % this.#grid.columns]);
      return [draw("text", { class: "number", x: box.x + box.width / 2, y: box.y + box.height / 2 }, String(index + 1))];
    });
  }

  /**
   * @param {Cell} cell
   * @param {string} name
   */
  #frame(cell, name) {
    const box = this.#box(cell);
    return [draw("rect", { ...box, class: `${name} under` }), draw("rect", { ...box, class: name })];
  }

  /** @param {Cell} cell */
  #box([row, column]) {
    const width = this.#width / this.#grid.columns;
    const height = this.#height / this.#grid.rows;
    return { x: column * width, y: row * height, width, height };
  }

  /** The cell at a pointer; null beside the photo. @param {MouseEvent} event */
  #at(event) {
    const drawing = this.querySelector("svg");
    const matrix = drawing?.getScreenCTM();
    if (!matrix) return null;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const isOutside = x < 0 || y < 0 || x > this.#width || y > this.#height;
    return isOutside ? null : cellAt([y / this.#height, x / this.#width], this.#grid);
  }

  /** @param {Cell} cell */
  #isChosen(cell) {
    return this.#chosen?.[0] === cell[0] && this.#chosen[1] === cell[1];
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const cell = event.key === "Escape" ? null : moveCell(event.key, this.#chosen, this.#grid);
    if (cell === null && (event.key !== "Escape" || this.#chosen === null)) return;
    event.preventDefault();
    this.#tell("choose", cell);
  }

  /**
   * @param {"look" | "choose"} name
   * @param {Cell | null} cell
   */
  #tell(name, cell) {
    this.dispatchEvent(new CustomEvent(name, { detail: cell }));
  }
}

/**
 * @param {Icon} icon
 * @param {{ x: number, y: number, width: number, height: number }} box
 */
function drawIcon({ strength, text, tile }, box) {
  const opacity = (0.25 + 0.75 * strength).toFixed(2);
  if (!tile) {
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    return [draw("text", { class: "lacking", ...middle, "font-size": box.height / 4, opacity }, text)];
  }
  const { src, column, row, side, width, height } = tile;
  const part = `${column * side} ${row * side} ${side} ${side}`;
  const frame = { ...box, viewBox: part, preserveAspectRatio: "xMidYMid slice", opacity };
  return [draw("svg", frame, draw("image", { href: src, width, height }))];
}

/**
 * The layer with the largest value at a cell, and that value.
 *
 * @param {ArrayLike<number>[]} layers
 * @param {number} cell
 */
function strongest(layers, cell) {
  let index = 0;
  for (let other = 1; other < layers.length; other += 1)
    if ((layers[other]?.[cell] ?? 0) > (layers[index]?.[cell] ?? 0)) index = other;
  return { index, value: layers[index]?.[cell] ?? 0 };
}

customElements.define("photo-map", PhotoMap);
