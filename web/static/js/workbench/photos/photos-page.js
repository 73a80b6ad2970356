/** The step photos: where they come from, how far the look at them is, classes and photos to change. */

import { find } from "../../components/page-elements.js";
import { startClasses } from "./class-editor.js";
import { startSource } from "./photo-source.js";
import { startForm } from "../setting-form.js";
import { ask, send } from "../workbench-calls.js";

const EVERY = 700; // in ms

const source = document.querySelector("#photo-source");
const checking = document.querySelector("#checking");
const classes = document.querySelector("#classes-form");
const settings = document.querySelector("form.settings");
const again = document.querySelector("#check-again");

if (source instanceof HTMLElement) startSource(source);
if (checking instanceof HTMLElement) follow(checking);
if (settings instanceof HTMLFormElement) startForm(settings, () => location.reload());
if (classes instanceof HTMLFormElement) {
  const save = startClasses(classes);
  for (const link of document.querySelectorAll("a[data-next]")) {
    link.addEventListener("click", async (event) => {
      if (find(classes, "#saving", HTMLElement).hidden) return;
      event.preventDefault();
      await save();
      location.assign(/** @type {HTMLAnchorElement} */ (link).href);
    });
  }
}
again?.addEventListener("click", async () => {
  await send(`/api/studies/${/** @type {HTMLElement} */ (again).dataset.study}/check`);
  location.reload();
});

/** Tell how far the look at the photos is until it is done. @param {HTMLElement} shown */
async function follow(shown) {
  const bar = find(shown, "progress", HTMLProgressElement);
  const text = find(shown, "#checked-text", HTMLElement);
  const address = `/api/studies/${shown.dataset.study}/check`;
  if (shown.dataset.begin !== undefined) await send(address);
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY));
    const { state, line, share } = await ask(address);
    if (state === "none") {
      text.textContent = "Nothing came of it: see whether the disk is full, and reload the page.";
      return;
    }
    if (state !== "running") break;
    if (line !== text.textContent) text.textContent = line;
    if (share !== null) bar.value = share;
  }
  location.reload();
}
