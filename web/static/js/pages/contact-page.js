/** The contact sheet of a study: what it shows is in the address. */

import { arrangePhotos, readContact, writeContact } from "../state/contact-state.js";
import { fetchDocument } from "../data/fetched-documents.js";
import { find, grouped } from "../components/page-elements.js";
import { marginText } from "../data/photo-data.js";
import { apart, createThumb, nameThumbs } from "../components/photo-thumbs.js";

/** @typedef {import("../data/photo-data.js").PhotosData} PhotosData */

const PAGE = 192; // photos shown at first, and with each "More photos"
const BASE = "../"; // the study's folder as the page sees it

const form = find(document, ".controls", HTMLFormElement);
const outcome = find(form, "output", HTMLOutputElement);
const cut = find(form, "[name=cut]", HTMLSelectElement);
const list = find(document, "#thumbs", HTMLElement);
const more = find(document, "#more", HTMLButtonElement);
const cuts = [...cut.options].map((option) => option.value);

let state = readContact(location.search, cuts);
let isAsBuilt = true; // the list is still the page's own, as for the default
/** @type {Map<string, Promise<PhotosData>>} */
const fetched = new Map();
/** @type {Promise<Set<number>> | undefined} */
let looking;
/** @type {Set<number>} photos in which it is known what the network looks at */
let looked = new Set();
/** @type {number[]} */
let photos = [];
/** @type {PhotosData | undefined} */
let data;
let request = 0; // a late answer to an earlier one is dropped

/** Make the page what the state says. */
async function apply() {
  request += 1;
  const mine = request;
  looking ??= fetchDocument("looked.json").then((document) => new Set(document.photos));
  const [got, known] = await Promise.all([predictions(), looking]);
  if (mine !== request) return;
  data = got;
  looked = known;
  photos = arrangePhotos(state, data, looked);
  const all = data.label.length === 1 ? "1 photo" : `${grouped(data.label.length)} photos`;
  outcome.value = photos.length === data.label.length ? all : `${grouped(photos.length)} of ${all}`;
  if (!isAsBuilt || writeContact(state)) {
    isAsBuilt = false;
    list.replaceChildren();
    await show();
  }
  more.hidden = list.childElementCount >= photos.length;
}

/** Show the next photos. */
async function show() {
  const next = photos.slice(list.childElementCount, list.childElementCount + PAGE);
  const thumbs = next.map((photo) => createThumb(photo, data?.label.length ?? 0, BASE, words(photo)));
  list.append(...thumbs.map(({ element }) => element));
  more.hidden = list.childElementCount >= photos.length;
  await nameThumbs(thumbs, BASE);
}

/**
 * @param {number} photo
 * @returns {(string | Node)[]}
 */
function words(photo) {
  const label = data?.label[photo] ?? 0;
  const predicted = data?.predicted[photo] ?? -1;
  if (predicted < 0) return [named(label), ", only trained with"];
  const margin = [document.createElement("br"), marginText(data?.margin[photo] ?? 0), ...mark(photo)];
  if (label === predicted) return [named(label), ", rightly", ...margin];
  const strong = document.createElement("strong");
  strong.append("taken for ", named(predicted));
  return [named(label), " ", strong, ...margin];
}

/** The mark of a photo that was looked into. @param {number} photo */
function mark(photo) {
  if (!looked.has(photo)) return [];
  const sign = document.createElement("span");
  sign.className = "looked";
  sign.title = "What the network looks at in it is shown";
  const text = document.createElement("span");
  text.className = "unseen";
  text.textContent = " looked into";
  sign.append("◉", text);
  return [" ", sign];
}

/** @param {number} index */
function named(index) {
  return apart(data?.classes[index] ?? `class ${index}`);
}

function predictions() {
  const key = state.cut || (cut.options[0]?.dataset.key ?? "");
  const known = fetched.get(key);
  if (known) return known;
  /** @type {Promise<PhotosData>} */
  const coming = fetchDocument(`${BASE}${key}/photos.json`);
  fetched.set(key, coming);
  coming.catch(() => fetched.delete(key)); // to be tried again
  return coming;
}

function readForm() {
  const named = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") named.set(name, value);
  return readContact(named.toString(), cuts);
}

function fillForm() {
  for (const name of /** @type {const} */ (["outcome", "sort", "order"]))
    find(form, `[name=${name}][value="${state[name]}"]`, HTMLInputElement).checked = true;
  const only = form.querySelector("[name=looked]");
  if (only instanceof HTMLInputElement) only.checked = state.looked === "only";
  for (const name of /** @type {const} */ (["true", "predicted", "cut"]))
    find(form, `[name=${name}]`, HTMLSelectElement).value = String(state[name] ?? "");
}

/** @param {unknown} error */
function refuse(error) {
  looking = undefined;
  outcome.value = error instanceof Error ? error.message : String(error);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", () => {
  state = readForm();
  history.pushState(null, "", location.pathname + writeContact(state));
  apply().catch(refuse);
});
more.addEventListener("click", () => {
  const shown = list.childElementCount;
  const done = show();
  list.children[shown]?.querySelector("a")?.focus(); // it may have had the focus, and is gone
  done.catch(refuse);
});
addEventListener("popstate", () => {
  state = readContact(location.search, cuts);
  fillForm();
  apply().catch(refuse);
});
fillForm();
apply().catch(refuse);
form.inert = false; // it listens now
