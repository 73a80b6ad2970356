/** Attribution graphs: channels of a few layers, left to right by depth, and what of each goes by which. */

import { fetchDocument } from "../data/fetched-documents.js";
import { findRoads, findShared, nodeName, readGraphs, scaleOf } from "../data/graph-data.js";
import { signedText } from "../data/signed-numbers.js";
import { createIcon, fetchPictures } from "./channel-icons.js";
import { channelName } from "./channel-table.js";
import { moveInChart } from "./key-movement.js";
import { find } from "./page-elements.js";
import { draw, signedBar } from "./svg-elements.js";

/** @typedef {import("../data/graph-data.js").Graph} Graph */
/** @typedef {import("../data/graph-data.js").GraphNode} GraphNode */
/** @typedef {import("./channel-icons.js").Pictures} Pictures */
/** @typedef {{ key: string, layer: string, graph: string, atlas: string }} GraphChoice a layer that can be looked at */

const COLUMN = 100;
const WIDEST = 9; // of lines, in pixels
const THINNEST = 0.75;

/** The graphs of a class, of two, or of a photo. */
export class GraphArea {
  /**
   * @param {Element} element the section
   * @param {GraphChoice[]} choices
   * @param {(node: string) => void} choose told the node that was chosen; "": none
   */
  constructor(element, choices, choose) {
    this.choices = choices;
    this.choose = choose;
    this.drawings = find(element, ".drawings", HTMLElement);
    this.tables = find(element, ".graph-tables", HTMLElement);
    this.road = find(element, ".road", HTMLElement);
    /** @type {Graph[]} */
    this.graphs = [];
    /** @type {Map<string, Pictures>} by layer */
    this.pictures = new Map();
    this.node = "";
    this.drawings.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button?.dataset.node) this.choose(button.dataset.node === this.node ? "" : button.dataset.node);
    });
    this.drawings.addEventListener("keydown", (event) => this.walk(event));
    this.drawings.addEventListener("focusin", ({ target }) => {
      if (target instanceof HTMLButtonElement) makeStop(target);
    });
  }

  /**
   * The graphs at these addresses, with the pictures of their layers: what `show` takes.
   *
   * @param {string[]} addresses of one cut, the first as choices have it
   */
  async load(addresses) {
    const documents = await Promise.all(addresses.map(fetchDocument));
    const graphs = documents.flatMap(readGraphs);
    const layers = this.choices.filter(({ graph }) => graph === addresses[0]);
    const pictures = await Promise.all(layers.map(({ atlas }) => fetchPictures(atlas)));
    return { graphs, pictures: new Map(layers.map(({ layer }, at) => [layer, pictures[at] ?? { page: "", side: 0, reason: [] }])) };
  }

  /** @param {{ graphs: Graph[], pictures: Map<string, Pictures> }} loaded */
  show({ graphs, pictures }) {
    this.graphs = graphs;
    this.pictures = pictures;
    const [one, other] = graphs;
    const shared = one && other ? findShared(one, other) : [];
    const scale = scaleOf(graphs.flatMap(({ layers }) => layers.flatMap(({ nodes }) => nodes)));
    this.drawings.replaceChildren(...graphs.map((graph) => this.createDrawing(graph, scale, shared)));
    this.tables.replaceChildren(...graphs.map((graph) => this.createTable(graph, shared)));
  }

  /** Only the roads of a node, or with "" all. @param {string} node */
  render(node) {
    this.node = node;
    const found = this.graphs.map((graph) => findRoads(graph, node));
    const isAny = found.some((roads) => roads !== null);
    for (const [index, figure] of [...this.drawings.children].entries()) {
      const roads = found[index];
      for (const part of figure.querySelectorAll("[data-place]")) {
        const { place, at, from } = /** @type {HTMLElement | SVGElement} */ (part).dataset;
        const isOn = (/** @type {Set<number>[] | undefined} */ sets) =>
          sets?.[Number(place)]?.has(Number(at)) && (from === undefined || sets[Number(place) - 1]?.has(Number(from)));
        part.classList.toggle("off", isAny && !isOn(roads?.before) && !isOn(roads?.after));
        if (part instanceof HTMLButtonElement) part.setAttribute("aria-pressed", String(part.dataset.node === node));
      }
    }
    this.road.replaceChildren(...this.tell(node));
  }

  /** What is said of a node, or of all. @param {string} node @returns {(string | Node)[]} */
  tell(node) {
    const told = this.graphs.flatMap((graph) => this.tellNode(graph, node));
    if (told.length) return told;
    const [one, other] = this.graphs;
    const hint = "Choose a channel to see its roads alone.";
    if (!one || !other) return [hint];
    const counts = findShared(one, other).map(({ size }, place) => `${size} of ${one.layers[place]?.nodes.length} at ${one.layers[place]?.name}`);
    return [`\u2068${one.name}\u2069 and \u2068${other.name}\u2069 share ${counts.join(", ")}, which are framed. ${hint}`];
  }

  /** @param {Graph} graph @param {string} node @returns {(string | Node)[]} */
  tellNode({ name, layers }, node) {
    for (const [place, layer] of layers.entries()) {
      const found = layer.nodes.find(({ channel }) => nodeName(layer.name, channel) === node);
      if (!found) continue;
      const scale = scaleOf(layer.nodes);
      const before = layers[place - 1];
      const by = before ? ` by ${edgesText(found, before.nodes, scale)} of ${before.name}, ${percent(found.carried)} of all that reaches it` : "";
      const link = channelName(found.channel, this.picturesOf(layer.name), `Channel ${found.channel} of ${layer.name}`);
      return [link, ` gives ${signedText(found.value, scale)} to \u2068${name}\u2069${by}. `];
    }
    return [];
  }

  /** @param {string} layer */
  picturesOf(layer) {
    return this.pictures.get(layer) ?? { page: "", side: 0, reason: [] };
  }

  /**
   * @param {Graph} graph
   * @param {number} scale the most that a node of all graphs gives
   * @param {Set<number>[]} shared
   */
  createDrawing(graph, scale, shared) {
    const figure = document.createElement("figure");
    const rows = Math.max(...graph.layers.map(({ nodes }) => nodes.length));
    const columns = graph.layers.length + 1;
    const title = document.createElement("figcaption");
    title.textContent = titleOf(graph);
    const heads = document.createElement("ol");
    heads.className = "heads";
    for (const { name, held } of graph.layers) heads.append(createHead(name, percent(held)));
    heads.append(createHead("logit"));
    const box = document.createElement("div");
    box.className = "drawing";
    box.append(...Array.from({ length: rows }, () => document.createElement("span")));
    const edges = draw("svg", { viewBox: `0 0 ${COLUMN * columns} ${COLUMN * rows}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    box.append(edges);
    for (const [place, layer] of graph.layers.entries())
      for (const [at, node] of layer.nodes.entries()) {
        const value = node.value / scale;
        for (const edge of node.from)
          edges.append(line([place - 1, edge.at], [place, at], edge.value / scale, { "data-place": place, "data-at": at, "data-from": edge.at }));
        if (place === columns - 2) edges.append(line([place, at], [columns - 1, (rows - 1) / 2], value, { "data-place": place, "data-at": at }));
        const button = this.createNode(layer.name, node, place, at, scale);
        button.classList.toggle("shared", shared[place]?.has(node.channel) ?? false);
        button.style.left = `${(100 * (place + 0.5)) / columns}%`;
        button.style.top = `${(100 * (at + 0.5)) / rows}%`;
        button.tabIndex = place || at ? -1 : 0;
        box.append(button);
      }
    const end = document.createElement("span");
    end.className = "logit";
    end.style.left = `${(100 * (columns - 0.5)) / columns}%`;
    box.append(end);
    figure.append(title, heads, box);
    return figure;
  }

  /**
   * @param {string} layer
   * @param {GraphNode} node
   * @param {number} place
   * @param {number} at
   * @param {number} scale
   */
  createNode(layer, node, place, at, scale) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "node";
    Object.assign(button.dataset, { node: nodeName(layer, node.channel), place: String(place), at: String(at) });
    button.setAttribute("aria-label", `Channel ${node.channel} of ${layer}, ${signedText(node.value, scale)}`);
    button.title = button.getAttribute("aria-label") ?? "";
    const tile = document.createElement("span");
    tile.className = "tile";
    tile.append(createIcon(node.channel, this.picturesOf(layer)));
    button.append(tile, signedBar(node.value, scale));
    return button;
  }

  /** @param {Graph} graph @param {Set<number>[]} shared */
  createTable(graph, shared) {
    const table = document.createElement("table");
    table.createCaption().textContent = titleOf(graph);
    const head = table.createTHead().insertRow();
    for (const name of ["layer", "channel", "gives", "by", ...(shared.length ? ["shared"] : [])]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const [place, { name, nodes }] of graph.layers.entries()) {
      const scale = scaleOf(nodes);
      for (const node of nodes) {
        const row = body.insertRow();
        row.insertCell().textContent = name;
        row.insertCell().append(channelName(node.channel, this.picturesOf(name)));
        row.insertCell().textContent = signedText(node.value, scale);
        const before = graph.layers[place - 1];
        row.insertCell().textContent = before ? `${edgesText(node, before.nodes, scale)}: ${percent(node.carried)}` : "";
        if (shared.length) row.insertCell().textContent = shared[place]?.has(node.channel) ? "both" : "";
      }
    }
    return table;
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const { target, key } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(target instanceof HTMLButtonElement)) return;
    if (key === "Escape" && this.node) this.choose("");
    if (!key.startsWith("Arrow")) return;
    event.preventDefault();
    const all = [...(target.parentElement?.querySelectorAll("button") ?? [])];
    const points = all.map(({ dataset }) => ({ x: Number(dataset.place), y: Number(dataset.at), line: Number(dataset.at) }));
    all[moveInChart(key, all.indexOf(target), points) ?? -1]?.focus();
  }
}

/**
 * What stands above a column.
 *
 * @param {string} name
 * @param {string} [held]
 */
function createHead(name, held = "") {
  const head = document.createElement("li");
  const share = document.createElement("span");
  share.textContent = held;
  head.append(`${name} `, share);
  return head;
}

/** One node of a drawing is a stop of the tab key. @param {HTMLButtonElement} node */
function makeStop(node) {
  for (const other of node.parentElement?.querySelectorAll("button") ?? []) other.tabIndex = -1;
  node.tabIndex = 0;
}

/**
 * A line between two places, each as column and row.
 *
 * @param {[number, number]} start
 * @param {[number, number]} end
 * @param {number} share of the widest, with its sign
 * @param {Record<string, number>} attributes
 */
function line(start, end, share, attributes) {
  const [x, y, toX, toY] = [...start, ...end].map((each) => COLUMN * (each + 0.5));
  const middle = COLUMN * ((start[0] + end[0]) / 2 + 0.5);
  const width = Math.max(THINNEST, WIDEST * Math.abs(share)).toFixed(2);
  return draw("path", { class: share < 0 ? "against" : "for", d: `M${x} ${y}C${middle} ${y} ${middle} ${toY} ${toX} ${toY}`, "stroke-width": width, ...attributes });
}

/** @param {Graph} graph */
function titleOf({ name, photos }) {
  return `\u2068${name}\u2069${photos > 1 ? `, over ${photos} photos` : ""}`;
}

/** @param {GraphNode} node @param {GraphNode[]} before @param {number} scale */
function edgesText({ from }, before, scale) {
  return from.map(({ at, value }) => `${before[at]?.channel} ${signedText(value, scale)}`).join(", ");
}

/** As `whole_percent` of `build/page_text.py`. @param {number} share 0..1 */
function percent(share) {
  if (share > 0 && share <= 0.005) return "<1\u202f%";
  return share >= 0.995 && share < 1 ? ">99\u202f%" : `${(100 * share).toFixed(0)}\u202f%`;
}
