/** The index of the search, a tree of sorted blocks: what begins with some letters, block by block. */

/**
 * @typedef {[name: string, within: string, href: string, picture: string, detail: string, channels: number | [string, number, ""?][]]} Entry
 *   see `build/search/search_entries.py`
 *
 * @typedef {object} Posting
 * @property {string} key a kind's letter and a term
 * @property {Entry} entry
 *
 * @typedef {(address: string) => Promise<any>} Fetch a JSON document
 */

const BLOCKS = 2; // read at most for one beginning

/** The index of one site; what it has read it keeps. */
export class SearchIndex {
  /**
   * @param {string} folder of the index, as the page sees it
   * @param {Fetch} fetchBlock
   */
  constructor(folder, fetchBlock) {
    this.folder = folder;
    this.fetchBlock = fetchBlock;
    /** @type {Map<string, Promise<any>>} */
    this.known = new Map();
  }

  /**
   * The first postings whose key begins so, and whether there are more.
   *
   * @param {string} beginning
   * @returns {Promise<{ postings: Posting[], more: boolean }>}
   */
  async beginningWith(beginning) {
    const root = await this.read("root.json");
    let [start, stop] = childrenOf(root, beginning);
    for (let level = root.levels - 1; level > 0 && start < stop; level -= 1) {
      const [from, to] = await Promise.all([start, stop - 1].map((block) => this.block(root, level, block)));
      start = childrenOf(from, beginning)[0];
      stop = childrenOf(to, beginning)[1];
    }
    const end = Math.min(stop, start + BLOCKS);
    const blocks = await Promise.all(Array.from({ length: end - start }, (_, index) => this.block(root, 0, start + index)));
    /** @type {Posting[]} */
    const postings = blocks.flatMap(({ keys, entries }) =>
      keys.map((/** @type {string} */ key, /** @type {number} */ index) => ({ key, entry: entries[index] })),
    );
    return { postings: postings.filter(({ key }) => key.startsWith(beginning)), more: end < stop };
  }

  /**
   * @param {{ folder: string }} root
   * @param {number} level
   * @param {number} block
   */
  block(root, level, block) {
    return this.read(`${root.folder}/${level}-${block}.json`);
  }

  /** @param {string} path of a file of the index */
  read(path) {
    const before = this.known.get(path);
    if (before) return before;
    const coming = this.fetchBlock(this.folder + path);
    this.known.set(path, coming);
    coming.catch(() => this.known.clear()); // to be tried again, maybe with the index of a newer site
    return coming;
  }
}

/**
 * The blocks of the level below that may hold keys that begin so: the first, and the one after.
 *
 * @param {{ start: number, first: string[] }} block
 * @param {string} beginning
 * @returns {[number, number]}
 */
function childrenOf({ start, first }, beginning) {
  const before = first.filter((key) => key < beginning).length;
  const until = first.filter((key) => key < `${beginning}\uffff`).length;
  return [start + Math.max(0, before - 1), start + until];
}
