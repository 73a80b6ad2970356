/** What the pages of the workbench ask its server. */

import { find } from "../components/page-elements.js";

/** The header of what changes something; `web/workbench/request_guard.py` checks it. */
const TOKEN = "X-Workbench-Token";

/**
 * What the server says at an address; its error is one line that says what to do.
 *
 * @param {string} address
 * @returns {Promise<any>}
 */
export async function ask(address) {
  return answered(fetch(address, { headers: { Accept: "application/json" } }));
}

/**
 * Have the server do something.
 *
 * @param {string} address
 * @param {object | Blob} [content] sent as JSON, or as it is
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export async function send(address, content = {}, { signal } = {}) {
  const body = content instanceof Blob ? content : JSON.stringify(content);
  const type = content instanceof Blob ? "application/octet-stream" : "application/json";
  const token = find(document, 'meta[name="workbench-token"]', HTMLMetaElement).content;
  return answered(fetch(address, { method: "POST", body, signal, headers: { "Content-Type": type, [TOKEN]: token } }));
}

/** @param {Promise<Response>} coming */
async function answered(coming) {
  let response;
  try {
    response = await coming;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Error("the workbench does not answer: start `diamond workbench` again; its commands go on meanwhile");
  }
  const document = await response.json().catch(() => ({ error: `the workbench answered ${response.status}` }));
  if (!response.ok) throw new Error(document.error, { cause: response.status });
  return document;
}

/**
 * Do something again and again as long as the page is looked at: soon while it says that something
 * goes on, else now and then, for another window may begin something.
 *
 * @param {HTMLElement} problem where an error is told
 * @param {() => Promise<boolean>} look
 */
export async function repeat(problem, look) {
  let failed = false;
  for (;;) {
    let soon = false;
    if (!document.hidden) {
      try {
        soon = await look();
        if (failed) problem.hidden = true;
        failed = false;
      } catch (error) {
        failed = true;
        problem.textContent = error instanceof Error ? error.message : String(error);
        problem.hidden = false;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, soon ? 1000 : 3000));
  }
}
