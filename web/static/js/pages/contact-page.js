/** The contact sheet of a study: what it shows is in the address. */

import { arrangePhotos, readContact, writeContact } from "../state/contact-state.js";
import { fetchDocument, once } from "../data/fetched-documents.js";
import { find, grouped } from "../components/page-elements.js";
import { marginText } from "../data/photo-data.js";
import { apart, createThumb, nameThumbs } from "../components/photo-thumbs.js";

/**
 * @typedef {import("../data/photo-data.js").PhotosData} PhotosData
 * @typedef {import("../state/contact-state.js").Marks} Marks
 */

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
/** @type {Promise<Marks> | undefined} */
let marking;
/** @type {Marks} */
let marks = { looked: new Set(), doubted: new Map() };
/** @type {number[]} */
let photos = [];
/** @type {PhotosData | undefined} */
let data;
let request = 0; // a late answer to an earlier one is dropped

/** Make the page what the state says. */
async function apply() {
  request += 1;
  const mine = request;
  marking ??= fetchDocument("marks.json").then(readMarks);
  const [got, known] = await Promise.all([predictions(), marking]);
  if (mine !== request) return;
  data = got;
  marks = known;
  photos = arrangePhotos(state, data, marks);
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
  const margin = [document.createElement("br"), marginText(data?.margin[photo] ?? 0), ...signs(photo)];
  if (label === predicted) return [named(label), ", rightly", ...margin];
  const strong = document.createElement("strong");
  strong.append("taken for ", named(predicted));
  return [named(label), " ", strong, ...margin];
}

/** The marks of a photo. @param {number} photo */
function signs(photo) {
  const signs = [];
  const suggested = marks.doubted.get(photo);
  if (suggested !== undefined) {
    const rather = `rather ${data?.classes[suggested] ?? `class ${suggested}`}`;
    signs.push(" ", sign("doubted", "?", `The heads doubt its label: ${rather}`, ` label doubted, ${rather}`));
  }
  if (marks.looked.has(photo))
    signs.push(" ", sign("looked", "◉", "What the network looks at in it is shown", " looked into"));
  return signs;
}

/**
 * @param {string} kind
 * @param {string} character
 * @param {string} title
 * @param {string} unseen the same for who does not see it
 */
function sign(kind, character, title, unseen) {
  const element = document.createElement("span");
  element.className = kind;
  element.title = title;
  const text = document.createElement("span");
  text.className = "unseen";
  text.textContent = unseen;
  element.append(character, text);
  return element;
}

/** @param {{ looked: number[]; doubted: number[]; suggested: number[] }} document */
function readMarks({ looked, doubted, suggested }) {
  return {
    looked: new Set(looked),
    doubted: new Map(doubted.map((photo, place) => [photo, suggested[place] ?? 0])),
  };
}

/** @param {number} index */
function named(index) {
  return apart(data?.classes[index] ?? `class ${index}`);
}

/** @returns {Promise<PhotosData>} */
function predictions() {
  const key = state.cut || (cut.options[0]?.dataset.key ?? "");
  return once(fetched, key, () => fetchDocument(`${BASE}${key}/photos.json`));
}

function readForm() {
  const named = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") named.set(name, value);
  return readContact(named.toString(), cuts);
}

function fillForm() {
  for (const name of /** @type {const} */ (["outcome", "sort", "order", "doubted", "looked"]))
    for (const input of form.querySelectorAll(`[name=${name}]`)) // some are not there in all studies
      if (input instanceof HTMLInputElement) input.checked = input.value === state[name];
  for (const name of /** @type {const} */ (["true", "predicted", "cut"]))
    find(form, `[name=${name}]`, HTMLSelectElement).value = String(state[name] ?? "");
}

/** @param {unknown} error */
function refuse(error) {
  marking = undefined;
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
