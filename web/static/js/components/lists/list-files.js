/** Lists as files: JSON, which is read again, and CSV. Pure: no page, no browser. */

import { FORMAT_VERSION } from "../../data/fetched-documents.js";
import { counted, kindOf, limited, MOST_LISTS, MOST_NOTE, trimmed } from "../../state/list-state.js";

/**
 * @typedef {import("../../state/list-state.js").List} List
 *
 * @typedef {object} Told what is known of an item
 * @property {string} name
 * @property {string} of what it is, and of what
 * @property {string} address from the site's root on
 * @property {string} lacking why nothing of it is shown; empty if something is
 */

const SCHEMA = "lists"; // data/schemas/lists.json
const EXPECTED = "expected what this page saves as JSON";
const HEADER = ["list", "kind", "name", "of", "path", "address", "note", "lacking"];

/**
 * What `data/schemas/lists.json` tells of.
 *
 * @param {List[]} lists
 * @param {(path: string) => Told} tell
 * @param {string} root the site's full address
 */
export function toJson(lists, tell, root) {
  const told = lists.map(({ name, items }) => ({ name, items: items.map((item) => entryOf(item, tell, root)) }));
  const document = { format_version: FORMAT_VERSION, schema: SCHEMA, site: root, lists: told };
  return `${JSON.stringify(document, null, 1)}\n`;
}

/**
 * The lists of such a file, by the paths and notes of their items, and in a line what of it could not be read; empty if all could.
 *
 * @param {string} text
 * @returns {{ lists: List[], problem: string }}
 */
export function fromJson(text) {
  const refused = (/** @type {string} */ problem) => ({ lists: [], problem });
  /** @type {any} */
  let found;
  try {
    found = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return refused(`The file is no JSON: ${EXPECTED}.`);
  }
  if (found?.schema !== SCHEMA || !Array.isArray(found.lists)) return refused(`The file holds no lists: ${EXPECTED}.`);
  if (found.format_version !== FORMAT_VERSION) {
    const version = `The file is of version ${found.format_version}, and this site reads version ${FORMAT_VERSION}`;
    return refused(`${version}: open it on a site that is as new.`);
  }
  /** @type {string[]} */
  const wrong = [];
  const lists = found.lists.slice(0, MOST_LISTS).map((/** @type {any} */ list) => {
    const given = Array.isArray(list?.items) ? list.items : [];
    const items = given
      .filter((/** @type {any} */ item) => kindOf(String(item?.path)))
      .map((/** @type {any} */ { path, note }) => ({ path, note: trimmed(String(note ?? ""), MOST_NOTE) }));
    return limited(String(list?.name ?? ""), items, given.length - items.length, wrong);
  });
  if (found.lists.length > MOST_LISTS) wrong.push(`${counted(found.lists.length - MOST_LISTS, "list")} after the second`);
  return { lists, problem: wrong.length ? `Not all of the file could be read. Left out: ${wrong.join(", ")}.` : "" };
}

/**
 * A row an item. What a spreadsheet would take for a formula begins with an apostrophe.
 *
 * @param {List[]} lists
 * @param {(path: string) => Told} tell
 * @param {string} root
 */
export function toCsv(lists, tell, root) {
  const rows = lists.flatMap(({ name, items }) =>
    items.map((item) => [name, ...Object.values(entryOf(item, tell, root))].map(quoted).join(",")),
  );
  return [HEADER.join(","), ...rows, ""].join("\r\n");
}

/**
 * @param {import("../../state/list-state.js").Item} item
 * @param {(path: string) => Told} tell
 * @param {string} root
 */
function entryOf({ path, note }, tell, root) {
  const { name, of, address, lacking } = tell(path);
  return { kind: kindOf(path) ?? "", name, of, path, address: root + address, note, lacking };
}

/** @param {string} text */
function quoted(text) {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
