/**
 * Where photos lie on a map, as `build/pages/maps/map_documents.py` tells it. Pure: no page.
 *
 * @typedef {object} PhotosDocument
 * @property {number} steps
 * @property {Record<string, number[]>} position by photo: x and y of its places, in steps
 * @property {number[]} label the class of each photo of the study; -1: not known
 * @property {number[]} predicted the class it is taken for; -1: not known
 * @property {Record<string, string>} names of classes
 * @property {number[] | null} paged photos that have a page; null: all
 *
 * @typedef {import("./map-view.js").Area} Area
 */

/**
 * The places of a photo, 0 to 1; none if it is not on the map.
 *
 * @param {PhotosDocument} photos
 * @param {number} photo
 */
export function placesOf({ steps, position }, photo) {
  const flat = position[String(photo)] ?? [];
  return flat.flatMap((x, index) => (index % 2 ? [] : [{ x: x / steps, y: (flat[index + 1] ?? 0) / steps }]));
}

/**
 * The photos of which a place lies in an area, with how many: those of most first.
 *
 * @param {PhotosDocument} photos
 * @param {Area} area
 * @returns {{ photo: number, places: number }[]}
 */
export function photosIn(photos, { left, top, right, bottom }) {
  const found = [];
  for (const name of Object.keys(photos.position)) {
    const inside = placesOf(photos, Number(name)).filter(({ x, y }) => x >= left && x < right && y >= top && y < bottom);
    if (inside.length) found.push({ photo: Number(name), places: inside.length });
  }
  return found.sort((one, other) => other.places - one.places || one.photo - other.photo);
}

/**
 * Of how many photos the class is known for which they are taken, and of how many it is a wrong one.
 *
 * @param {PhotosDocument} photos
 * @param {number[]} those
 */
export function countWrong({ label, predicted }, those) {
  const known = those.filter((photo) => (label[photo] ?? -1) >= 0 && (predicted[photo] ?? -1) >= 0);
  return { known: known.length, wrong: known.filter((photo) => label[photo] !== predicted[photo]).length };
}
