/** Numbers that the JSON has as text; `build/pages/attribution/document_packing.py` packs them. Pure. */

const STEPS = 32767;
const FINE = 127;
const BYTE = 256;

/**
 * @typedef {{ peak: number, steps: string }} Packed
 * @typedef {{ peak: number[], steps: string }} PackedFine
 */

/**
 * @param {Packed} packed
 * @returns {Float32Array}
 */
export function unpack({ peak, steps }) {
  const bytes = bytesOf(steps);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => (view.getInt16(2 * index, true) / STEPS) * peak);
}

/**
 * The rows, each with its own peak.
 *
 * @param {PackedFine} packed
 * @returns {Float32Array[]}
 */
export function unpackFine({ peak, steps }) {
  const values = new Int8Array(bytesOf(steps).buffer);
  const length = peak.length ? values.length / peak.length : 0;
  return peak.map((most, row) =>
    Float32Array.from(values.subarray(row * length, (row + 1) * length), (step) => (step / FINE) * most),
  );
}

/**
 * @param {string} text
 * @param {number} count of the things that are indexed: of few, indices are bytes
 * @returns {Uint8Array | Uint16Array}
 */
export function unpackIndices(text, count) {
  const bytes = bytesOf(text);
  if (count <= BYTE) return bytes;
  const view = new DataView(bytes.buffer);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, index) => view.getUint16(2 * index, true));
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
