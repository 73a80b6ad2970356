/**
 * The way along channels, each made of the next or feeding it, and how it stands in the address.
 * Pure: no page, no browser.
 *
 * @typedef {object} Step
 * @property {string} layer of the network whose page this is
 * @property {number} channel
 */

const MOST = 32; // steps: an address has an end

/**
 * The steps that an address names, the first one first; those that it names wrongly are left out.
 *
 * @param {string} search the address's part from "?" on; may be empty
 * @returns {Step[]}
 */
export function readWalk(search) {
  const text = new URLSearchParams(search).get("walk") ?? "";
  return text.split(",").flatMap((step) => {
    const match = /^([A-Za-z0-9_][A-Za-z0-9_.+-]*)\/(\d{1,9})$/.exec(step);
    return match ? [{ layer: match[1] ?? "", channel: Number(match[2]) }] : [];
  });
}

/**
 * The address's part for a way, from "?" on; empty for none. Of a long one only the end is kept.
 *
 * @param {Step[]} steps
 */
export function writeWalk(steps) {
  if (!steps.length) return "";
  const way = steps.slice(-MOST).map(({ layer, channel }) => `${layer}/${channel}`);
  const named = new URLSearchParams({ walk: way.join(",") });
  return `?${named}`.replaceAll("%2C", ",").replaceAll("%2F", "/");
}
