/** Photos of a map beside it: those of an area as a contact sheet, or one with the cells it lies in. */

import { describeCell } from "../../data/map-grid.js";
import { countWrong, photosIn, placesOf } from "../../data/map-photos.js";
import { WHOLE, writeMap } from "../../state/map-state.js";
import { counted, heading, paragraph, viewLink } from "./pane-parts.js";
import { apart, createThumb, nameThumbs } from "../photo-thumbs.js";

/** @typedef {import("../../data/map-grid.js").GridDocument} GridDocument */
/** @typedef {import("../../data/map-photos.js").PhotosDocument} PhotosDocument */

const PAGE = 24; // photos shown at first, and with each "More photos"

/**
 * The photos in an area: a contact sheet.
 *
 * @param {PhotosDocument} photos
 * @param {import("../../data/map-view.js").Area} area
 * @param {string} base the study's folder as the page sees it
 * @returns {Node[]}
 */
export function createAreaPane(photos, area, base) {
  const found = photosIn(photos, area);
  const { known, wrong } = countWrong(photos, found.map(({ photo }) => photo));
  const list = document.createElement("ol");
  list.className = "thumbs";
  const more = document.createElement("button");
  more.type = "button";
  more.id = "more";
  more.textContent = "More photos";
  const show = () => {
    const next = found.slice(list.childElementCount, list.childElementCount + PAGE);
    const thumbs = next.map(({ photo, places }) => createPhoto(photos, photo, base, places));
    list.append(...thumbs.map(({ element }) => element));
    more.hidden = list.childElementCount >= found.length;
    return nameThumbs(thumbs, base);
  };
  more.addEventListener("click", () => {
    const shown = list.childElementCount;
    show().catch(() => {}); // they have no names then
    list.children[shown]?.querySelector("a")?.focus(); // the button may have had it, and is gone
  });
  show().catch(() => {});
  return [
    heading("h2", `${counted(found.length, "photo")} in the area`),
    paragraph("facts", known ? `${wrong} of ${known} taken for a wrong class` : "", " ", viewLink(writeMap(WHOLE), "Leave it")),
    list,
    more,
  ];
}

/**
 * One photo, and the cells of a grid that it lies in.
 *
 * @param {PhotosDocument} photos
 * @param {number} photo
 * @param {GridDocument} grid
 * @param {string} base
 * @returns {Node[]}
 */
export function createPhotoPane(photos, photo, grid, base) {
  const places = placesOf(photos, photo);
  const title = heading("h2", `Photo ${photo}`);
  const leave = paragraph("facts", viewLink(writeMap(WHOLE), "Take its marks away"));
  if (!places.length) return [title, paragraph("empty", "This photo is not on the map."), leave];
  const thumb = createPhoto(photos, photo, base, 0);
  nameThumbs([thumb], base).catch(() => {}); // it has no name then
  const holder = document.createElement("ol");
  holder.className = "thumbs one";
  holder.append(thumb.element);
  const cells = new Set(places.map(({ x, y }) => cellOf(grid, x, y)));
  const list = document.createElement("ul");
  list.className = "map-cells";
  for (const cell of [...cells].filter((one) => one >= 0).sort((one, other) => one - other)) {
    const item = document.createElement("li");
    const chosen = { side: grid.side, row: grid.row[cell] ?? 0, column: grid.column[cell] ?? 0 };
    item.append(viewLink(writeMap({ ...WHOLE, cell: chosen }), describeCell(grid, cell)));
    list.append(item);
  }
  return [title, holder, heading("h3", `Its ${counted(places.length, "place")}`), list, leave];
}

/**
 * @param {PhotosDocument} photos
 * @param {number} photo
 * @param {string} base
 * @param {number} places that lie in the area, if more than one
 */
function createPhoto(photos, photo, base, places) {
  const name = (/** @type {number | undefined} */ label) => apart(photos.names[String(label)] ?? "");
  const label = photos.label[photo] ?? -1;
  const predicted = photos.predicted[photo] ?? -1;
  /** @type {(string | Node)[]} */
  const words = label < 0 ? [] : [name(label)];
  if (label >= 0 && predicted === label) words.push(", rightly");
  if (label >= 0 && predicted >= 0 && predicted !== label) {
    const strong = document.createElement("strong");
    strong.append("taken for ", name(predicted));
    words.push(" ", strong);
  }
  if (places > 1) words.push(document.createElement("br"), `${places} places`);
  const thumb = createThumb(photo, photos.label.length, base, words);
  if (photos.paged && !photos.paged.includes(photo)) thumb.tile.removeAttribute("href");
  return thumb;
}

/**
 * @param {GridDocument} grid
 * @param {number} x
 * @param {number} y
 */
function cellOf(grid, x, y) {
  const at = (/** @type {number} */ share) => Math.min(grid.side - 1, Math.floor(share * grid.side));
  return grid.row.findIndex((row, cell) => row === at(y) && grid.column[cell] === at(x));
}
