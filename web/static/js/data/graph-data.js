/**
 * Attribution graphs; `build/pages/attribution/attribution_graph_view.py` writes them. Pure.
 *
 * @typedef {object} GraphNode
 * @property {number} channel
 * @property {number} value what it gives to the class, in logits
 * @property {number} carried the share of all that reaches it which the edges from it are, 0..1
 * @property {{ at: number, value: number }[]} from edges into it: places among the nodes of the layer before
 *
 * @typedef {object} GraphLayer
 * @property {string} name
 * @property {number} held the share of what all its channels give that is the nodes', 0..1
 * @property {GraphNode[]} nodes from the most for the class to the most against it
 *
 * @typedef {object} Graph
 * @property {number} label the class, by index
 * @property {string} name of the class
 * @property {number} photos over how many
 * @property {GraphLayer[]} layers shallow to deep; the last is read by the head
 */

/**
 * The graphs of a document.
 *
 * @param {any} document `graph.json`
 * @returns {Graph[]}
 */
export function readGraphs({ layers, graphs }) {
  return graphs.map((/** @type {any} */ graph) => ({
    label: graph.label,
    name: graph.name,
    photos: graph.photos,
    layers: graph.layers.map((/** @type {any} */ layer, /** @type {number} */ place) => ({
      name: layers[place],
      held: layer.held,
      nodes: layer.channel.map((/** @type {number} */ channel, /** @type {number} */ index) => ({
        channel,
        value: layer.value[index],
        carried: layer.carried[index],
        from: layer.edges
          .filter((/** @type {number[]} */ edge) => edge[1] === index)
          .map((/** @type {number[]} */ [at = 0, , value = 0]) => ({ at, value })),
      })),
    })),
  }));
}

/**
 * How addresses name a channel of a layer.
 *
 * @param {string} layer
 * @param {number} channel
 */
export function nodeName(layer, channel) {
  return `${layer}/${channel}`;
}

/**
 * The roads through a node: of each layer the places of the nodes that lead to it, and of those that it leads to.
 *
 * @param {Graph} graph
 * @param {string} node as `nodeName` has it
 * @returns {{ before: Set<number>[], after: Set<number>[] } | null} null where it is none of the graph's; it is in both
 */
export function findRoads({ layers }, node) {
  const own = layers.map(({ name, nodes }) => nodes.findIndex(({ channel }) => nodeName(name, channel) === node));
  const first = own.findIndex((at) => at >= 0);
  if (first < 0) return null;
  const before = own.map((at) => new Set(at >= 0 ? [at] : []));
  const after = own.map((at) => new Set(at >= 0 ? [at] : []));
  for (let place = first; place > 0; place -= 1)
    for (const at of before[place] ?? [])
      for (const edge of layers[place]?.nodes[at]?.from ?? []) before[place - 1]?.add(edge.at);
  for (let place = first + 1; place < layers.length; place += 1)
    for (const [at, { from }] of (layers[place]?.nodes ?? []).entries())
      if (from.some((edge) => after[place - 1]?.has(edge.at))) after[place]?.add(at);
  return { before, after };
}

/**
 * The most that one of some nodes gives, for or against; 1 where none gives anything.
 *
 * @param {GraphNode[]} nodes
 */
export function scaleOf(nodes) {
  return Math.max(...nodes.map(({ value }) => Math.abs(value))) || 1;
}

/**
 * The channels that two graphs of the same layers have in common, layer by layer.
 *
 * @param {Graph} one
 * @param {Graph} other
 * @returns {Set<number>[]}
 */
export function findShared(one, other) {
  return one.layers.map(({ nodes }, place) => {
    const theirs = new Set(other.layers[place]?.nodes.map(({ channel }) => channel));
    return new Set(nodes.map(({ channel }) => channel).filter((channel) => theirs.has(channel)));
  });
}
