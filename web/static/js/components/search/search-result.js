/** A result of a search as a link, with its picture. */

import { pictureAddress } from "../page-elements.js";

const TILES = 32; // of a row of pictures, as `build/tiles/picture_rows.py` makes them
const SIDE = 40;

/**
 * @param {import("../../data/site-search.js").Result} result
 * @param {string} root address of the site's root
 */
export function createResult({ kind, name, within, href, picture, detail, fit }, root) {
  const link = document.createElement("a");
  link.className = "result";
  link.href = root + href;
  const text = document.createElement("span");
  text.append(isolated(name, "name"));
  const facts = [within, fit ? `${detail} ${Math.round(100 * fit)}\u202f%` : detail].filter(Boolean);
  for (const [index, fact] of facts.entries()) text.append(index ? " · " : " ", isolated(fact, "facts"));
  const word = document.createElement("span");
  word.className = "kind";
  word.textContent = kind;
  link.append(createPicture(picture, root), text, " ", word);
  return link;
}

/**
 * @param {string} text
 * @param {string} kind
 */
function isolated(text, kind) {
  const element = document.createElement("bdi");
  element.className = kind;
  element.textContent = text;
  return element;
}

/**
 * @param {string} picture folder and number; may be empty
 * @param {string} root
 */
function createPicture(picture, root) {
  const frame = document.createElement("span");
  frame.className = "thumb";
  const slash = picture.lastIndexOf("/") + 1;
  if (!slash) return frame;
  const number = Number(picture.slice(slash));
  const image = new Image(TILES * SIDE, SIDE);
  image.style.setProperty("--x", String(number % TILES));
  image.alt = "";
  image.loading = "lazy";
  image.src = pictureAddress(`${root}${picture.slice(0, slash)}row-${Math.floor(number / TILES)}.jpg`);
  frame.append(image);
  return frame;
}
