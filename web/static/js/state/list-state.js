/**
 * Lists of channels, photos, classes, places of photos and cells of maps, and how they stand in an
 * address. Pure: no page, no browser.
 *
 * `#list=1&Name;models/net/block1,7,41=a note;/block2,3` is version 1, a list named "Name" of two
 * channels of block1, the second with a note, and one of block2: a folder of the site and what of it
 * is meant, item by item; a folder that begins with a slash replaces the end of the one before it.
 * Another list follows after `&`. Text is percent-encoded, a space is a plus.
 *
 * @typedef {"channel" | "photo" | "place" | "class" | "cell"} Kind
 *
 * @typedef {object} Item
 * @property {string} path where it is in the site: a page's, of places and cells what of the page is meant
 * @property {string} note may be empty
 *
 * @typedef {object} List
 * @property {string} name may be empty
 * @property {Item[]} items
 */

import { START } from "./list-address.js";

export const VERSION = 1;
export const MOST_LISTS = 2;
export const MOST_ITEMS = 1000; // of a list
export const MOST_NAME = 80; // characters
export const MOST_NOTE = 300;
/** Characters of an address that chat programs pass on whole. */
export const CARRIED = 2000;
const MOST_TEXT = 1_000_000; // two full lists with notes, and less than browsers refuse

const NAME = "[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}";
const NUMBER = "\\d{1,9}";
const OF = `(?:studies|networks)/${NAME}`;
/** @type {[Kind, RegExp][]} */
const KINDS = [
  ["channel", new RegExp(`^models/${NAME}/${NAME}/${NUMBER}$`)],
  ["photo", new RegExp(`^${OF}/photos/${NUMBER}$`)],
  ["place", new RegExp(`^${OF}/photos/${NUMBER}(?:-[01](?:\\.\\d{1,4})?){2}$`)],
  ["class", new RegExp(`^${OF}/classes/${NUMBER}$`)],
  ["cell", new RegExp(`^${OF}/map(?:/${NAME}){1,4}/\\d{1,3}-\\d{1,3}-\\d{1,3}$`)],
];

/**
 * What an item is; null if a path names nothing that may be in a list.
 *
 * @param {string} path
 * @returns {Kind | null}
 */
export function kindOf(path) {
  return KINDS.find(([, form]) => form.test(path))?.[0] ?? null;
}

/**
 * The address of an item, from the site's root on.
 *
 * @param {string} path of an item
 */
export function addressOf(path) {
  const { folder, tail } = parted(path);
  const [first = "", ...rest] = tail.split("-");
  if (!rest.length) return `${path}/`;
  return kindOf(path) === "cell" ? `${folder}/?cell=${tail}` : `${folder}/${first}/?at=${rest.join(",")}`;
}

/**
 * The lists that an address names, and in a line what of it could not be read; empty if all could.
 *
 * @param {string} hash the address's part from "#" on; may be empty
 * @returns {{ lists: List[], problem: string }}
 */
export function readLists(hash) {
  const refused = (/** @type {string} */ problem) => ({ lists: [], problem });
  if (hash === "" || hash === "#") return refused("");
  if (hash.length > MOST_TEXT) {
    return refused(`The address has ${hash.length} characters, and no more than ${MOST_TEXT} are read: nothing of it is shown.`);
  }
  const version = /^#list=(\d{1,9})(?:&|$)/.exec(hash);
  if (!version) return refused("The address names no list: it may have been cut off. Ask for it again.");
  if (Number(version[1]) !== VERSION) {
    return refused(`The list is of version ${version[1]}, and this site reads version ${VERSION}: open it on a site that is as new.`);
  }
  const texts = hash.split("&").slice(1);
  /** @type {string[]} */
  const wrong = [];
  const lists = texts.slice(0, MOST_LISTS).map((text) => readList(text, wrong));
  const all = texts.slice(MOST_LISTS);
  if (all.length) wrong.push(`${counted(all.length, "list")} after the second`);
  return { lists, problem: wrong.length ? `Not all of the address could be read. Left out: ${wrong.join(", ")}.` : "" };
}

/**
 * The address's part for lists, from "#" on; empty for none.
 *
 * @param {List[]} lists
 */
export function writeLists(lists) {
  if (!lists.length) return "";
  return `${START}${[VERSION, ...lists.map(writeList)].join("&")}`.replace(/\.$/, "%2E"); // a full stop is taken for the sentence's
}

/**
 * A list of what was read, as long as lists may be.
 *
 * @param {string} name
 * @param {Item[]} items
 * @param {number} unread how many more could not be read
 * @param {string[]} wrong told of what is left out
 * @returns {List}
 */
export function limited(name, items, unread, wrong) {
  if (unread) wrong.push(counted(unread, "item"));
  if (items.length > MOST_ITEMS) wrong.push(`${counted(items.length - MOST_ITEMS, "item")} after the first ${MOST_ITEMS}`);
  return { name: trimmed(name, MOST_NAME), items: items.slice(0, MOST_ITEMS) };
}

/**
 * A name or note as it is kept: of one line, and not endless.
 *
 * @param {string} text
 * @param {number} most characters
 */
export function trimmed(text, most) {
  return text.slice(0, most).replace(/\p{Surrogate}/gu, "\ufffd").replace(/\p{Cc}+/gu, " ");
}

/**
 * @param {number} number
 * @param {string} one what is counted
 */
export function counted(number, one) {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}

/**
 * @param {string} text
 * @param {string[]} wrong told of what could not be read
 * @returns {List}
 */
function readList(text, wrong) {
  const [first = "", ...groups] = text.split(";");
  /** @type {Item[]} */
  const items = [];
  let unread = 0;
  let folder = "";
  for (const group of groups) {
    const [named = "", ...tails] = group.split(",");
    const next = decoded(named) ?? "";
    folder = next.startsWith("/") ? folder.slice(0, folder.lastIndexOf("/")) + next : next;
    for (const each of tails) {
      const [tail = "", ...note] = each.split("=").map(decoded);
      const path = `${folder}/${tail}`;
      if (kindOf(path) && !note.includes(null) && note.length < 2) items.push({ path, note: trimmed(note[0] ?? "", MOST_NOTE) });
      else unread += 1;
    }
  }
  const name = decoded(first);
  const list = limited(name ?? "", items, unread, wrong);
  if (name === null) wrong.push("a list's name");
  return list;
}

/** @param {List} list */
function writeList({ name, items }) {
  let text = encoded(name);
  let before = "";
  for (const { path, note } of items) {
    const { folder, tail } = parted(path);
    if (folder !== before) {
      const end = folder.lastIndexOf("/");
      const isBeside = before !== "" && folder.slice(0, end) === before.slice(0, before.lastIndexOf("/"));
      text += `;${encoded(isBeside ? folder.slice(end) : folder)}`;
      before = folder;
    }
    text += `,${tail}${note && `=${encoded(note)}`}`;
  }
  return text;
}

/** @param {string} path */
function parted(path) {
  const end = path.lastIndexOf("/");
  return { folder: path.slice(0, end), tail: path.slice(end + 1) };
}

/** Text as nothing but what chat programs take for a part of an address. @param {string} text */
function encoded(text) {
  const hex = (/** @type {string} */ one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`;
  const whole = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));
  return whole.replace(/[!~*'()]/g, hex).replaceAll("%20", "+").replaceAll("%2F", "/");
}

/** @param {string} text @returns {string | null} null: it is broken */
function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}
