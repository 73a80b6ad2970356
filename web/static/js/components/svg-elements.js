/** What the scripts draw: SVG elements. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {(string | Node)[]} children
 * @returns {SVGElement}
 */
export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/**
 * The pattern that fills what is against: lines, so that it is not told by its colour alone.
 *
 * @param {string} id
 * @param {number} step between two lines, in the drawing's units
 */
export function hatching(id, step) {
  return draw(
    "pattern",
    { id, width: step, height: step, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    draw("rect", { class: "against", width: step, height: step }),
    draw("rect", { class: "stripe", width: step / 4, height: step }),
  );
}

/**
 * A bar from the zero in the middle of a scale.
 *
 * @param {number} value
 * @param {number} scale the largest absolute value on it
 * @param {string} kind class of what it stands for; empty: for or against
 * @param {[number, number] | null} [spread] the ends of its spread over photos
 */
export function signedBar(value, scale, kind = "", spread = null) {
  const along = (/** @type {number} */ end) => (scale > 0 ? 50 * Math.max(-1, Math.min(1, end / scale)) : 0);
  const length = Math.abs(along(value));
  return draw(
    "svg",
    { class: `signed ${kind || (value < 0 ? "against" : "for")}`, viewBox: "-51 0 102 16", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("rect", { class: "length", x: value < 0 ? -length : 0, y: 3, width: length, height: 10 }),
    ...(spread ? [draw("path", { class: "spread", d: `M${along(spread[0])} 8H${along(spread[1])}` })] : []),
    draw("path", { class: "zero", d: "M0 0V16" }),
  );
}
