/** A file sent in chunks: it goes on where the server has got to, whatever was lost. */

import { send } from "../workbench-calls.js";

const PATIENCE = 6; // tries in a row that bring nothing
const PAUSE = 1500; // in ms, before another try

/**
 * @typedef {object} Sending
 * @property {string} name
 * @property {Blob} content
 * @property {string} mark what tells it from others of the same name and size
 */

/**
 * Send a file; its upload once all is there.
 *
 * @param {Sending} sending
 * @param {{ signal: AbortSignal, progress: (received: number, size: number) => void }} options
 * @returns {Promise<{ id: string, file: string }>}
 */
export async function sendFile({ name, content, mark }, { signal, progress }) {
  let upload = await send("/api/uploads", { name, size: content.size, mark }, { signal });
  for (let failed = 0; upload.file === null; ) {
    progress(upload.received, content.size);
    const before = upload.received;
    const chunk = content.slice(before, before + upload.chunk);
    try {
      upload = await send(`/api/uploads/${upload.id}?at=${before}`, await read(chunk, name), { signal });
      failed = upload.received > before ? 0 : failed + 1;
    } catch (error) {
      const status = error instanceof Error ? error.cause : undefined;
      if (signal.aborted || status !== undefined) throw error; // told by the server: another try brings the same
      failed += 1;
    }
    if (failed >= PATIENCE) throw new Error(`${name}: the workbench does not answer; start it again, and drop the same again`);
    if (failed) await new Promise((done) => setTimeout(done, PAUSE));
  }
  progress(content.size, content.size);
  return upload;
}

/**
 * A part of a file as it is now; it may have been changed or removed meanwhile.
 *
 * @param {Blob} chunk
 * @param {string} name
 */
async function read(chunk, name) {
  try {
    return new Blob([await chunk.arrayBuffer()]);
  } catch {
    throw new Error(`${name}: expected files that stay as they were, got one that was changed or can't be read; drop them again`, { cause: 0 });
  }
}
