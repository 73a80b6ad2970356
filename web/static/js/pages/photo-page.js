/** The page of a photo: what is looked at is in the address, the page follows. */

import { fetchDocument, once } from "../data/fetched-documents.js";
import { fetchPictures } from "../components/channel-icons.js";
import { findPart, needsMore, questions, readView, withMaps, withMore } from "../data/attribution-data.js";
import { OVER, carried, readLook, writeLook } from "../state/attribution-state.js";
import { find } from "../components/page-elements.js";
import { Pane } from "../components/attribution-pane.js";
import { GraphSection } from "../components/graph-section.js";

/** @typedef {import("../data/attribution-data.js").View} View */
/** @typedef {import("../state/attribution-state.js").Look} Look */
/** @typedef {typeof choices[number]} Choice a layer that can be looked at */
/** @typedef {import("../components/attribution-pane.js").Place} Place */

const ADDRESS_DELAY = 250; // in ms: browsers refuse to change an address many times a second

const form = find(document, "#asks", HTMLFormElement);
const select = (/** @type {string} */ name) => find(form, `[name=${name}]`, HTMLSelectElement);
const said = find(document, "#said-cell", HTMLElement);
const area = find(document, ".panes", HTMLElement);
const choices = [...document.querySelectorAll("#views li")].map((item) => {
  const { key = "", layer = "", graph = "", folder = "", atlas = "", command = "" } = item instanceof HTMLElement ? item.dataset : {};
  return { key, layer, graph, folder, atlas, command, name: item.textContent ?? "" };
});
const keys = choices.map(({ key }) => key);
const first = new Pane(find(area, ".pane", HTMLElement), look, choose);
/** @type {Pane | null} */
let second = null;
const section = document.querySelector(".graphs");
const graphs = section && new GraphSection(section, choices, (node) => go({ node }));

let state = readLook(location.search, keys);
/** @type {Place} */
let looked = null;
/** @type {Map<string, Promise<any>>} documents by address */
const fetched = new Map();
let request = 0; // a late answer to an earlier one is dropped
let timer = 0;

/** Make the page what the state says. */
async function apply() {
  request += 1;
  const mine = request;
  const { view, beside, of, against, channel, other } = state;
  graphs?.show([choiceOf(view).graph], state.node).catch(refuse);
  if (beside) fetchOnce(viewOf(choiceOf(beside))); // at the same time; what is asked of it is known later
  const own = await load(choiceOf(view), channel, [of, against]);
  const part = findPart(own.view, of, against) ?? findPart(own.view, null, null);
  const next = beside ? await load(choiceOf(beside), other, [part?.of ?? null, part?.against ?? null]) : null;
  if (mine !== request) return;
  first.show(own);
  fillQuestion(own.view);
  if (next) {
    second ??= addPane();
    second.show(next);
  } else if (second) {
    second.element.remove();
    second = null;
  }
  area.toggleAttribute("data-two", second !== null);
  render();
  for (const link of document.querySelectorAll("a[data-carry]"))
    if (link instanceof HTMLAnchorElement) link.search = writeLook(carried(state));
}

function render() {
  const words = first.render(state, state.channel, looked);
  second?.render(state, state.other, looked);
  if (!looked) said.textContent = words;
}

/**
 * A layer with all that the question and the channel chosen need.
 *
 * @param {Choice} choice
 * @param {number | null} channel
 * @param {[number | null, number | null]} question the class asked for, and against which
 */
async function load(choice, channel, question) {
  const [document, pictures] = await Promise.all([fetchOnce(viewOf(choice)), fetchPictures(choice.atlas)]);
  let view = readView(document);
  if (needsMore(view, ...question)) view = withMore(view, await fetchOnce(`${choice.folder}more.json`));
  if (channel !== null && view.peaks.has(channel)) view = withMaps(view, await fetchOnce(`${choice.folder}maps.json`));
  return { choice, view, pictures, question };
}

/** @param {Choice} choice */
function viewOf({ folder }) {
  return `${folder}view.json`;
}

/** The classes that can be asked for. @param {View} view */
function fillQuestion(view) {
  const part = first.part;
  if (!part) return;
  const all = questions(view);
  const name = (/** @type {number} */ index) => view.names.get(index) ?? `class ${index}`;
  fill(select("of"), [...all.keys()].map((of) => [String(of), name(of)]), String(part.of));
  const others = all.get(part.of) ?? [];
  fill(
    select("against"),
    others.map((against) => (against === null ? ["", "nothing"] : [String(against), name(against)])),
    String(part.against ?? ""),
  );
}

/**
 * @param {HTMLSelectElement} element
 * @param {string[][]} options value and text of each
 * @param {string} value
 */
function fill(element, options, value) {
  element.replaceChildren(...options.map(([option = "", text = ""]) => new Option(text, option)));
  element.value = value;
  element.disabled = false;
}

function addPane() {
  const copy = first.element.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error("a pane is no element");
  area.append(copy);
  return new Pane(copy, look, choose);
}

/** @param {string} key */
function choiceOf(key) {
  const choice = choices.find((each) => each.key === key) ?? choices[0];
  if (!choice) throw new Error("the page has no layer to look at");
  return choice;
}

/** @param {string} address */
function fetchOnce(address) {
  return once(fetched, address, () => fetchDocument(address));
}

/** @param {Place} place */
function look(place) {
  if (String(place) === String(looked)) return;
  looked = place;
  render();
}

/** @param {Place} place */
function choose(place) {
  state = { ...state, at: place };
  looked = null;
  render();
  clearTimeout(timer);
  timer = setTimeout(replace, ADDRESS_DELAY);
}

/** Go to a state: the address says so, and "back" leads back. @param {Partial<Look>} next */
function go(next) {
  replace();
  state = { ...state, ...next };
  history.pushState(null, "", address());
  apply().catch(refuse);
}

function replace() {
  clearTimeout(timer);
  if (address() !== location.pathname + location.search) history.replaceState(null, "", address());
}

function address() {
  return location.pathname + writeLook(state);
}

function fillForm() {
  select("view").value = state.view || (keys[0] ?? "");
  select("beside").value = state.beside;
  for (const name of /** @type {const} */ (["by", "over"])) find(form, `[name=${name}][value=${state[name]}]`, HTMLInputElement).checked = true;
}

/** What a change of the form asks for. @param {string} name @param {string} value @returns {Partial<Look>} */
function asked(name, value) {
  switch (name) {
    case "view":
      return { view: value === keys[0] ? "" : value, channel: null, group: null };
    case "beside":
      return { beside: value, other: null };
    case "of":
      return { of: Number(value), against: null };
    case "against":
      return { of: first.part?.of ?? null, against: value === "" ? null : Number(value) };
    case "by":
      return { by: value === "activation" ? "activation" : "attribution" };
    default:
      return { over: OVER.find((over) => over === value) ?? "heat", channel: null, other: null, group: null };
  }
}

/** @param {unknown} error */
function refuse(error) {
  said.classList.remove("unseen");
  said.textContent = error instanceof Error ? error.message : String(error);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  const { target } = event;
  if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) go(asked(target.name, target.value));
});
area.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button) return;
  const mine = first.element.contains(button) ? "channel" : "other";
  const { channel, group } = button.dataset;
  const isPressed = button.getAttribute("aria-pressed") === "true";
  if (group !== undefined) go({ group: isPressed ? null : Number(group) });
  else go({ [mine]: channel === undefined || isPressed ? null : Number(channel) });
});
addEventListener("pagehide", replace);
document.addEventListener("click", replace, { capture: true });
addEventListener("popstate", () => {
  clearTimeout(timer);
  state = readLook(location.search, keys);
  fillForm();
  apply().catch(refuse);
});
fillForm();
apply().catch(refuse);
form.inert = false; // it listens now
