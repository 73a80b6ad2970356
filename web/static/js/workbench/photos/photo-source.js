/** Where photos come from: dropped or chosen here, a folder of this machine, an address. */

import { createButton, find, grouped } from "../../components/page-elements.js";
import { asOneFile, chosenFiles, droppedFiles } from "./dropped-files.js";
import { sendFile } from "./file-sender.js";
import { ask, send } from "../workbench-calls.js";

/** @typedef {import("./tar-blob.js").Dropped} Dropped */

/** @param {HTMLElement} source */
export function startSource(source) {
  const study = source.dataset.study ?? "";
  const problem = find(source, "#source-problem", HTMLElement);
  const drop = find(source, "#drop", HTMLElement);
  const sending = find(source, "#sending", HTMLElement);
  const folderInput = find(source, "#folder-input", HTMLInputElement);
  const filesInput = find(source, "#files-input", HTMLInputElement);
  let stop = new AbortController();

  /** Do something, and tell of what is wrong. @param {() => Promise<void>} act */
  async function trying(act) {
    problem.hidden = true;
    try {
      await act();
    } catch (error) {
      sending.hidden = true;
      drop.hidden = false;
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  }

  /** @param {object} chosen */
  async function take(chosen) {
    await send(`/api/studies/${study}/dataset`, chosen);
    location.reload();
  }

  /** @param {Dropped[] | Promise<Dropped[]>} coming */
  function receive(coming) {
    trying(async () => {
      const one = asOneFile(await coming);
      stop = new AbortController();
      drop.hidden = true;
      sending.hidden = false;
      find(source, "#sending-name", HTMLElement).textContent = one.name;
      const upload = await sendFile(one, { signal: stop.signal, progress });
      await take({ upload: upload.id });
    });
  }

  /**
   * @param {number} received
   * @param {number} size
   */
  function progress(received, size) {
    find(source, "#sent", HTMLProgressElement).value = size ? received / size : 1;
    find(source, "#sent-text", HTMLElement).textContent = `${megabytes(received)} of ${megabytes(size)} MB`;
  }

  find(source, "#choose-folder", HTMLButtonElement).addEventListener("click", () => folderInput.click());
  find(source, "#choose-files", HTMLButtonElement).addEventListener("click", () => filesInput.click());
  for (const input of [folderInput, filesInput]) input.addEventListener("change", () => receive(chosenFiles(input.files)));
  // Anywhere on the page: a browser would leave it for a file that falls beside.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.dataset.over = "";
  });
  document.addEventListener("dragleave", () => delete drop.dataset.over);
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    delete drop.dataset.over;
    if (event.dataTransfer && drop.checkVisibility()) receive(droppedFiles(event.dataTransfer));
  });
  find(source, "#pause", HTMLButtonElement).addEventListener("click", () => {
    stop.abort();
    sending.hidden = true;
    drop.hidden = false;
  });
  for (const button of source.querySelectorAll("[data-use], [data-remove]")) {
    const { use, remove } = /** @type {HTMLElement} */ (button).dataset;
    button.addEventListener("click", () =>
      trying(async () => {
        if (use) await take({ upload: use });
        await send(`/api/uploads/${remove}/remove`);
        location.reload();
      }),
    );
  }
  find(source, "#address-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    trying(() => take({ dataset: find(source, "#address", HTMLInputElement).value }));
  });
  startPlaces(find(source, "#places", HTMLDetailsElement), trying, (path) => take({ dataset: path }));
}

/**
 * Folders to go through.
 *
 * @param {HTMLDetailsElement} places
 * @param {(act: () => Promise<void>) => Promise<void>} trying
 * @param {(path: string) => Promise<void>} take
 */
function startPlaces(places, trying, take) {
  const list = find(places, "#place-list", HTMLElement);
  const above = find(places, "#place-above", HTMLButtonElement);
  let here = { path: "", above: null };

  /** @param {string} path */
  async function go(path) {
    const place = await ask(`/api/places?path=${encodeURIComponent(path)}`);
    here = place;
    find(places, "#place-path", HTMLElement).textContent = place.path;
    const files = place.photos + place.archives.length;
    find(places, "#place-count", HTMLElement).textContent = `${grouped(place.folders.length)} folders, ${grouped(files)} files`;
    above.disabled = place.above === null;
    const entries = [
      ...place.folders.map((/** @type {string} */ name) => createButton(`${name}/`, () => trying(() => go(`${place.path}/${name}`)))),
      ...place.archives.map((/** @type {string} */ name) => createButton(`Take ${name}`, () => trying(() => take(`${place.path}/${name}`)))),
    ];
    list.replaceChildren(
      ...entries.map((button) => {
        const item = document.createElement("li");
        item.append(button);
        return item;
      }),
    );
    if (place.more) list.append(`and ${grouped(place.more)} more`);
  }

  places.addEventListener("toggle", () => {
    if (places.open && !here.path) trying(() => go(""));
  });
  above.addEventListener("click", () => trying(() => go(here.above ?? "")));
  find(places, "#place-take", HTMLButtonElement).addEventListener("click", () => trying(() => take(here.path)));
}

/** @param {number} bytes */
function megabytes(bytes) {
  return grouped(Math.round(bytes / 1e6));
}
