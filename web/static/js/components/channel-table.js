/** Tables of channels: each with its picture, which chooses it, its page, and a signed bar. */

import { plainText, signedText } from "../data/signed-numbers.js";
import { createIcon } from "./channel-icons.js";
import { pictureAddress } from "./page-elements.js";
import { draw, signedBar } from "./svg-elements.js";

/** @typedef {import("../data/attribution-data.js").Entry} Entry */
/** @typedef {import("../data/attribution-data.js").Group} Group */
/** @typedef {import("./channel-icons.js").Pictures} Pictures */

/**
 * @param {object} told
 * @param {string} told.caption
 * @param {Entry[]} told.entries in order
 * @param {number} told.scale
 * @param {boolean} told.isSigned attribution, or else activation
 * @param {number | null} told.chosen the channel that is chosen
 * @param {Pictures} told.pictures
 * @param {number} [told.figures] of the scale, in which values are told
 * @param {boolean} [told.leads] whether a picture leads to the channel's page, not chooses it
 */
export function createTable({ caption, entries, scale, isSigned, chosen, pictures, figures = 3, leads = false }) {
  const table = document.createElement("table");
  table.className = "channels";
  const title = table.createCaption();
  title.textContent = entries.length ? caption : `${caption}: none`;
  const head = table.createTHead();
  head.className = "unseen";
  const names = head.insertRow();
  for (const name of ["channel", isSigned ? "attribution" : "activation"]) {
    const heading = document.createElement("th");
    heading.scope = "col";
    heading.textContent = name;
    names.append(heading);
  }
  const body = table.createTBody();
  for (const { channel, value, low, high } of entries) {
    const row = body.insertRow();
    const heading = document.createElement("th");
    heading.scope = "row";
    const icon = leads ? tileOf(channel, pictures) : chooser(channel, channel === chosen, pictures);
    heading.append(icon, channelName(channel, pictures));
    row.append(heading);
    const text = document.createElement("span");
    text.className = "value";
    text.textContent = isSigned ? signedText(value, scale, figures) : plainText(value, scale, figures);
    const spread = low === undefined || high === undefined ? null : /** @type {[number, number]} */ ([low, high]);
    if (spread) text.title = `in nine photos of ten ${spread.map((end) => signedText(end, scale)).join(" to ")}`;
    row.insertCell().append(signedBar(value, scale, isSigned ? "" : "active", spread), text);
  }
  return table;
}

/**
 * The neuron groups of a photo: the channels of each, and what it adds to what is asked for.
 *
 * @param {Group[]} groups
 * @param {string} caption
 * @param {(number | undefined)[]} values what each adds; undefined: not kept
 * @param {number | null} chosen
 * @param {Pictures} pictures
 * @param {string} folder where the groups' own pictures lie
 */
export function createGroups(groups, caption, values, chosen, pictures, folder) {
  const scale = Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
  const table = document.createElement("table");
  table.className = "channels groups";
  table.createCaption().textContent = groups.length ? caption : `${caption}: none was found`;
  const body = table.createTBody();
  for (const [index, group] of groups.entries()) {
    const row = body.insertRow();
    const heading = document.createElement("th");
    heading.scope = "row";
    const button = document.createElement("button");
    button.type = "button";
    button.className = `swatch g${index % 8}`;
    button.dataset.group = String(index);
    button.setAttribute("aria-pressed", String(index === chosen));
    button.setAttribute("aria-label", `Group ${index + 1} alone`);
    button.textContent = String(index + 1);
    heading.append(button, ...ownPicture(group, index, folder), ...group.channels.map((channel) => tileOf(channel, pictures)));
    row.append(heading);
    const value = values[index];
    if (value === undefined) continue;
    const text = document.createElement("span");
    text.className = "value";
    text.textContent = signedText(value, scale);
    row.insertCell().append(signedBar(value, scale), text);
  }
  return table;
}

/**
 * A channel's number, a link to its page where it has one.
 *
 * @param {number} channel
 * @param {Pictures} pictures
 * @param {string} [text]
 */
export function channelName(channel, pictures, text = "") {
  const name = pictures.page ? document.createElement("a") : document.createElement("span");
  if (name instanceof HTMLAnchorElement) name.href = `${pictures.page}${channel}/`;
  if (text) {
    name.append(text);
    return name;
  }
  const word = document.createElement("span");
  word.className = "unseen";
  word.textContent = "Channel ";
  name.append(word, String(channel));
  return name;
}

/**
 * The picture made to excite a group, if it has one.
 *
 * @param {Group} group
 * @param {number} index
 * @param {string} folder
 */
function ownPicture({ side }, index, folder) {
  if (!side) return [];
  const tile = document.createElement("span");
  tile.className = "tile whole";
  const image = new Image(side, side);
  image.src = pictureAddress(`${folder}group-${index}.webp`);
  image.alt = image.title = `Its picture: made to excite group ${index + 1}, rendered as a direction`;
  tile.append(image);
  return [tile];
}

/**
 * A channel's picture, a link to its page where it has one.
 *
 * @param {number} channel
 * @param {Pictures} pictures
 */
function tileOf(channel, pictures) {
  const tile = pictures.page ? document.createElement("a") : document.createElement("span");
  tile.className = "tile";
  if (tile instanceof HTMLAnchorElement) {
    tile.href = `${pictures.page}${channel}/`;
    tile.setAttribute("aria-label", `Channel ${channel}`);
  }
  tile.append(createIcon(channel, pictures));
  return tile;
}

/**
 * @param {number} channel
 * @param {boolean} isChosen
 * @param {Pictures} pictures
 */
function chooser(channel, isChosen, pictures) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tile";
  button.dataset.channel = String(channel);
  button.setAttribute("aria-pressed", String(isChosen));
  button.setAttribute("aria-label", `Where channel ${channel} fires`);
  button.title = `Where channel ${channel} fires`;
  button.append(createIcon(channel, pictures));
  return button;
}

/**
 * The scale of what is drawn over a photo, with its zero marked.
 *
 * @param {number} scale
 * @param {boolean} isSigned
 * @param {string} caption
 */
export function createScale(scale, isSigned, caption) {
  const figure = document.createElement("figure");
  const steps = 20;
  const bar = draw("svg", { class: "scale", viewBox: "0 0 200 12", preserveAspectRatio: "none", "aria-hidden": "true" });
  for (let step = 0; step < steps; step += 1) {
    const share = isSigned ? (step + 0.5) / (steps / 2) - 1 : (step + 0.5) / steps;
    const kind = isSigned ? (share < 0 ? "against" : "for") : "active";
    const box = { x: step * 10, y: 0, width: 10, height: 12, class: kind, "fill-opacity": Math.abs(share).toFixed(2) };
    bar.append(draw("rect", box));
    if (share < 0) bar.append(draw("path", { class: "stripe", d: `M${step * 10 + 3} 12L${step * 10 + 7} 0`, opacity: Math.abs(share).toFixed(2) }));
  }
  if (isSigned) bar.append(draw("path", { class: "zero", d: "M100 0V12" }));
  const ends = document.createElement("p");
  ends.className = "ends";
  const marks = isSigned ? [signedText(-scale, scale), "0", signedText(scale, scale)] : ["0", plainText(scale, scale)];
  for (const mark of marks) {
    const end = document.createElement("span");
    end.textContent = mark;
    ends.append(end);
  }
  const words = document.createElement("figcaption");
  words.textContent = caption;
  figure.append(bar, ends, words);
  return figure;
}
