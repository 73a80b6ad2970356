/** Files of the browser as one tar, which is not made until it is read: nothing is copied. */

const BLOCK = 512;
const LONGEST = 100; // bytes of a name in a plain header
const LARGEST = 8 ** 11 - 1;

/** @typedef {{ path: string, file: File }} Dropped a file, and its path with "/" */

/**
 * A tar (POSIX.1-2001) of files in the order of their paths; the same files give the same bytes.
 *
 * @param {Dropped[]} dropped
 */
export function tarBlob(dropped) {
  /** @type {BlobPart[]} */
  const parts = [];
  for (const { path, file } of inOrder(dropped)) {
    if (file.size > LARGEST) throw new Error(`${path}: expected a file below 8 GB, got ${file.size} bytes; leave it out`);
    const seconds = Math.max(0, Math.floor(file.lastModified / 1000));
    const name = encode(path);
    if (name.length > LONGEST || name.length !== path.length) {
      const record = paxRecord("path", path);
      parts.push(header(encode("path"), record.length, seconds, "x"), record, padding(record.length));
    }
    parts.push(header(name.slice(0, LONGEST), file.size, seconds, "0"), file, padding(file.size));
  }
  return new Blob([...parts, new Uint8Array(2 * BLOCK)]);
}

/**
 * What tells files from others of the same names and sizes: 16 hex digits.
 *
 * @param {Dropped[]} dropped
 */
export function fileMark(dropped) {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (const { path, file } of inOrder(dropped)) {
    for (const letter of `${path}\0${file.size}\0${file.lastModified}\0`) {
      const code = letter.codePointAt(0) ?? 0;
      one = Math.imul(one ^ code, 2654435761);
      other = Math.imul(other ^ code, 1597334677);
      one = (one << 13) | (one >>> 19);
      other = (other << 7) | (other >>> 25);
    }
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

/** @param {Dropped[]} dropped */
function inOrder(dropped) {
  return [...dropped].sort((first, second) => (first.path < second.path ? -1 : 1));
}

/**
 * @param {Uint8Array} name
 * @param {number} size
 * @param {number} seconds
 * @param {string} kind
 */
function header(name, size, seconds, kind) {
  const block = new Uint8Array(BLOCK);
  block.set(name);
  for (const [start, text] of /** @type {[number, string][]} */ ([
    [100, "0000644\0"],
    [108, "0000000\0"],
    [116, "0000000\0"],
    [124, `${octal(size)}\0`],
    [136, `${octal(seconds)}\0`],
    [148, "        "],
    [156, kind],
    [257, "ustar\0" + "00"],
  ])) {
    block.set(encode(text), start);
  }
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return block;
}

/**
 * A record that says its own length.
 *
 * @param {string} key
 * @param {string} value
 */
function paxRecord(key, value) {
  const rest = encode(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return new Uint8Array([...encode(String(length)), ...rest]);
}

/** @param {number} number */
function octal(number) {
  return number.toString(8).padStart(11, "0");
}

/** @param {number} size */
function padding(size) {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** @param {string} text */
function encode(text) {
  return new TextEncoder().encode(text);
}
