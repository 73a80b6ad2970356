/** Which channels a grid shows, and in which order. Pure: no page, no browser. */

/** @typedef {import("./layer-state.js").State} State */
/** @typedef {import("../data/fetched-documents.js").LayerData} LayerData */

const FLAGS = new Set(["dead", "grey", "chance"]);

/**
 * The channels that numbers and ranges name; all of them, and the part, if a part is neither.
 *
 * @param {string} text like "0-63,100"; empty: all
 * @param {number} count channels of the layer
 * @returns {{ channels: Set<number>, wrong: string | null }}
 */
export function readRanges(text, count) {
  const all = new Set(Array(count).keys());
  const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
  if (!parts.length) return { channels: all, wrong: null };
  const channels = new Set();
  for (const part of parts) {
    const match = /^(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?$/.exec(part);
    if (!match) return { channels: all, wrong: part };
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? match[1]), count - 1);
    for (let channel = first; channel <= last; channel += 1) channels.add(channel);
  }
  return { channels, wrong: null };
}

/**
 * The channels to show, in order; those without a score, or evidence, come last, equal ones by number.
 *
 * @param {State} state
 * @param {LayerData} data
 * @returns {number[]}
 */
export function arrange(state, data) {
  const { channels } = readRanges(state.show, data.channels);
  const shown = [...channels].filter(
    (channel) =>
      (state.flagged === "show" || !isFlagged(data, channel)) &&
      isBelieved(state, data, channel) &&
      isNamed(state, data, channel),
  );
  const sign = state.order === "up" ? 1 : -1;
  if (state.sort === "index") return shown.sort((one, other) => sign * (one - other));
  const values = state.sort === "score" ? data.score : (data.evidence?.picture ?? []);
  return shown.sort((one, other) => {
    const first = values[one] ?? null;
    const second = values[other] ?? null;
    if (first === null || second === null) {
      return Number(first === null) - Number(second === null) || one - other;
    }
    return sign * (first - second) || one - other;
  });
}

/**
 * Whether a channel was rendered and is not to be shown as a picture.
 *
 * @param {LayerData} data
 * @param {number} channel
 */
function isFlagged(data, channel) {
  return FLAGS.has(data.reason[channel] ?? "");
}

/**
 * Whether the evidence for a channel's picture is what is asked; where a layer has none, all are.
 *
 * @param {State} state
 * @param {LayerData} data
 * @param {number} channel
 */
function isBelieved(state, data, channel) {
  return state.believed === "all" || !data.evidence || data.evidence.better_than_chance[channel] === true;
}

/**
 * Whether a channel has a word with the text that is asked for; where a layer has none, all are.
 *
 * @param {State} state
 * @param {LayerData} data
 * @param {number} channel
 */
function isNamed(state, data, channel) {
  const asked = state.word.toLowerCase();
  return !asked || !data.words || (data.words[channel] ?? []).some((word) => word.toLowerCase().includes(asked));
}
