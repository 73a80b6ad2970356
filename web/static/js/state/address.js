/** What the states of pages share: reading parts of an address. Pure: no page, no browser. */

/**
 * A whole number that an address names, like that of a class; null if it names none.
 *
 * @param {string | null} text
 */
export function readIndex(text) {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/**
 * A channel of a layer that an address names, as "layer/channel"; empty if it names none.
 *
 * @param {string | null} text
 */
export function readNode(text) {
  return text !== null && /^.+\/\d{1,9}$/.test(text) ? text : "";
}
