/** The channel grid: its state is in the address, the page follows. */

import { fetchLayer } from "../data/fetched-documents.js";
import { move } from "../components/key-movement.js";
import { arrange, readRanges } from "../state/channel-order.js";
import { find, grouped } from "../components/page-elements.js";
import { showPreview } from "../components/channel-preview.js";
import { DEFAULTS, naturalOrder, readState, writeState } from "../state/layer-state.js";

/** @typedef {import("../state/layer-state.js").State} State */
/** @typedef {import("../data/fetched-documents.js").LayerData} LayerData */

const ADDRESS_DELAY = 250; // in ms: browsers refuse to change an address many times a second

const grid = find(document, "#grid", HTMLElement);
const form = find(document, ".controls", HTMLFormElement);
const outcome = find(form, "output", HTMLOutputElement);
const preview = find(document, ".preview", HTMLElement);
const collect = find(form, "[name=collect]", HTMLInputElement);
const tiles = [...grid.children].map((item) => ({ item, link: find(item, "a", HTMLAnchorElement) }));
/** @type {Map<Element, number>} */
const numbers = new Map(tiles.map(({ item }, channel) => [item, channel]));

let state = readState(location.search);
/** @type {number[]} the channels shown, in order */
let shown = [...tiles.keys()];
/** @type {HTMLAnchorElement | undefined} the one tile that the tab key stops at */
let stop;
let timer = 0;

/** @param {LayerData} data */
function start(data) {
  for (const { link } of tiles) link.tabIndex = -1;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    state = readForm();
    apply(data);
  });
  form.addEventListener("change", () => {
    if (isWritten()) return;
    clearTimeout(timer);
    history.pushState(null, "", address());
  });
  grid.addEventListener("keydown", onKey);
  grid.addEventListener("focusin", (event) => {
    const channel = channelOf(event.target);
    if (channel !== null) look(channel, data);
  });
  grid.addEventListener("pointerover", (event) => {
    const channel = channelOf(event.target);
    if (channel !== null) show(channel, data);
  });
  grid.addEventListener("pointerleave", () => showLooked(data));
  addEventListener("pagehide", writeAddress);
  grid.addEventListener("click", (event) => onClick(event, data));
  collect.addEventListener("change", followCollecting);
  followCollecting();
  addEventListener("popstate", () => {
    clearTimeout(timer);
    state = readState(location.search);
    fillForm();
    apply(data);
  });
  apply(data);
  form.inert = false; // it listens now
}

/**
 * Make the page what the state says.
 *
 * @param {LayerData} data
 */
function apply(data) {
  const hadFocus = grid.contains(document.activeElement);
  const order = arrange(state, data);
  if (order.length !== shown.length || order.some((channel, position) => channel !== shown[position])) {
    shown = order;
    grid.replaceChildren(...shown.flatMap((channel) => tiles[channel]?.item ?? []));
  }
  grid.dataset.size = state.size;
  tell(data);
  showLooked(data);
  if (hadFocus) stop?.focus();
  for (const link of document.querySelectorAll("a[data-carry]")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    const carried = writeState({ ...state, show: DEFAULTS.show, word: DEFAULTS.word, channel: DEFAULTS.channel });
    link.href = link.pathname + carried;
  }
}

/** The channel that is looked at: the state's, or else the first one shown. */
function looked() {
  const { channel } = state;
  return channel !== null && shown.includes(channel) ? channel : (shown[0] ?? 0);
}

/** @param {LayerData} data */
function showLooked(data) {
  const channel = looked();
  if (stop) stop.tabIndex = -1;
  stop?.removeAttribute("aria-current");
  stop = tiles[channel]?.link;
  if (!stop) return;
  stop.tabIndex = 0;
  if (state.channel === channel) stop.setAttribute("aria-current", "true");
  show(channel, data);
}

/**
 * @param {number} channel
 * @param {LayerData} data
 */
function show(channel, data) {
  const tile = tiles[channel];
  if (tile) showPreview(preview, tile.item, channel, data);
}

/**
 * Look at a channel, and have the address say so soon.
 *
 * @param {number} channel
 * @param {LayerData} data
 */
function look(channel, data) {
  state = { ...state, channel };
  showLooked(data);
  clearTimeout(timer);
  timer = setTimeout(writeAddress, ADDRESS_DELAY);
}

/**
 * Leads to the channel's page, or puts it on the list.
 *
 * @param {MouseEvent} event
 * @param {LayerData} data
 */
function onClick(event, data) {
  const channel = channelOf(event.target);
  if (!collect.checked || channel === null || event.ctrlKey || event.metaKey) return writeAddress();
  event.preventDefault();
  look(channel, data);
  find(preview, "[data-add]", HTMLButtonElement).click();
}

function followCollecting() {
  find(document, "#view", HTMLElement).toggleAttribute("data-collecting", collect.checked);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const channel = channelOf(event.target);
  if (channel === null || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const position = move(event.key, shown.indexOf(channel), columns, shown.length);
  if (position === null) return;
  event.preventDefault();
  const link = tiles[shown[position] ?? channel]?.link;
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "nearest" });
}

/** @param {LayerData} data */
function tell(data) {
  const { wrong } = readRanges(state.show, data.channels);
  find(form, "[name=show]", HTMLInputElement).setAttribute("aria-invalid", String(wrong !== null));
  const all = `${grouped(data.channels)} channels`;
  if (wrong !== null) outcome.value = `expected numbers and ranges like 0-63,100, got ${wrong}`;
  else outcome.value = shown.length === data.channels ? all : `${grouped(shown.length)} of ${all}`;
}

/** @returns {State} */
function readForm() {
  const values = new FormData(form);
  const named = new URLSearchParams();
  for (const name of ["sort", "order", "show", "word", "flagged", "believed", "size"]) {
    const value = values.get(name);
    if (typeof value === "string") named.set(name, value);
  }
  const read = { ...readState(named.toString()), channel: state.channel };
  if (read.sort !== state.sort) {
    read.order = naturalOrder(read.sort);
    check("order", read.order);
  }
  return read;
}

function fillForm() {
  check("sort", state.sort);
  check("order", state.order);
  check("size", state.size);
  find(form, "[name=flagged]", HTMLInputElement).checked = state.flagged === "hide";
  const believed = form.querySelector("[name=believed]"); // only where there is evidence
  if (believed instanceof HTMLInputElement) believed.checked = state.believed === "better";
  find(form, "[name=show]", HTMLInputElement).value = state.show;
  const word = form.querySelector("[name=word]"); // only where there are words
  if (word instanceof HTMLInputElement) word.value = state.word;
}

/**
 * @param {string} name
 * @param {string} value
 */
function check(name, value) {
  const input = form.querySelector(`[name=${name}][value=${value}]`); // evidence: not everywhere
  if (input instanceof HTMLInputElement) input.checked = true;
}

/** The channel of the tile that an event comes from. @param {EventTarget | null} target */
function channelOf(target) {
  const item = target instanceof Element ? target.closest("#grid > li") : null;
  return item === null ? null : (numbers.get(item) ?? null);
}

function address() {
  return location.pathname + writeState(state);
}

function isWritten() {
  return address() === location.pathname + location.search;
}

function writeAddress() {
  clearTimeout(timer);
  if (!isWritten()) history.replaceState(null, "", address());
}

/** @param {unknown} error */
function refuse(error) {
  outcome.value = error instanceof Error ? error.message : String(error);
  outcome.setAttribute("role", "alert");
  for (const input of form.querySelectorAll("input")) input.disabled = true;
}

fillForm();
grid.dataset.size = state.size;
grid.toggleAttribute("data-waiting", writeState({ ...state, size: DEFAULTS.size, channel: null }) !== "");
fetchLayer()
  .then(start)
  .catch(refuse)
  .finally(() => grid.removeAttribute("data-waiting"));
