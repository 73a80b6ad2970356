/** What somebody drops or chooses, as files with their paths, and as the one file that is sent. */

import { fileMark, tarBlob } from "./tar-blob.js";

/** @typedef {import("./tar-blob.js").Dropped} Dropped */

const ARCHIVE = /\.(zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz))$/i;

/**
 * All files of a drop, those in folders too.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<Dropped[]>}
 */
export async function droppedFiles(transfer) {
  const coming = [...transfer.items].map((item) => {
    const [entry, file] = [item.webkitGetAsEntry(), item.getAsFile()]; // gone once we wait
    return entry ? filesOf(entry, "") : file ? [{ path: file.name, file }] : [];
  });
  return (await Promise.all(coming)).flat();
}

/**
 * @param {FileList | null} list
 * @returns {Dropped[]}
 */
export function chosenFiles(list) {
  return [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * The file that is sent: an archive as it is, else a tar of all.
 *
 * @param {Dropped[]} dropped
 * @returns {{ name: string, content: Blob, mark: string }}
 */
export function asOneFile(dropped) {
  const [first, ...others] = dropped;
  if (!first) throw new Error("expected photos, got none: drop a folder, photos or a zip");
  const archives = dropped.filter(({ path }) => !path.includes("/") && ARCHIVE.test(path));
  if (archives.length === 1 && !others.length) {
    return { name: first.path, content: first.file, mark: fileMark(dropped) };
  }
  if (archives.length) {
    throw new Error(`${archives[0]?.path}: expected one archive alone, got ${dropped.length} files; drop one, or unpack them into one folder`);
  }
  const tops = new Set(dropped.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "")));
  const [top] = tops;
  return { name: `${tops.size === 1 && top ? top : "photos"}.tar`, content: tarBlob(dropped), mark: fileMark(dropped) };
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} above
 * @returns {Promise<Dropped[]>}
 */
async function filesOf(entry, above) {
  const path = `${above}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise((done, failed) => /** @type {FileSystemFileEntry} */ (entry).file(done, failed));
    return [{ path, file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Dropped[]} */
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((done, failed) => reader.readEntries(done, failed)); // a hundred at a time
    if (!some.length) return found;
    for (const each of some) found.push(...(await filesOf(each, `${path}/`)));
  }
}
