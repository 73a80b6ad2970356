/** The pictures of a map's blocks: fetched when they come into view, and let go when others are seen. */

import { pictureAddress } from "../page-elements.js";

const KEPT = 24; // of some 4 MB each, when decoded, besides those in view

/** @type {Map<string, ImageBitmap | null>} by name, the last used at the end; null: on its way */
const known = new Map();

/**
 * The picture of a block; null if it has not come yet.
 *
 * @param {string} name
 * @param {() => void} again called when it has come
 */
export function pictureOf(name, again) {
  const picture = known.get(name) ?? null;
  if (picture) return picture;
  if (known.has(name)) return null;
  known.set(name, null);
  fetchPicture(pictureAddress(`${name}.webp`))
    .then((come) => {
      known.set(name, come);
      again();
    })
    .catch(() => known.delete(name)); // to be tried again
  return null;
}

/**
 * Let those go that were not seen for longest, if there are many.
 *
 * @param {Set<string>} seen the names of those that are in view
 */
export function dropUnseen(seen) {
  for (const name of seen) {
    const picture = known.get(name) ?? null;
    known.delete(name);
    known.set(name, picture);
  }
  for (const [name, picture] of known) {
    if (known.size <= KEPT + seen.size) return;
    if (!picture) continue;
    picture.close();
    known.delete(name);
  }
}

/** As an image: of another origin, too, it may be shown without being asked. @param {string} address */
async function fetchPicture(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return createImageBitmap(image);
}
