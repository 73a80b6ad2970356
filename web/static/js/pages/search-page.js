/** All that is found by what the address asks for, kind by kind. */

import { find, grouped } from "../components/page-elements.js";
import { createResult } from "../components/search/search-result.js";
import { fetchDocument } from "../data/fetched-documents.js";
import { SearchIndex } from "../data/search-index.js";
import { search } from "../data/site-search.js";
import { readSearch } from "../state/search-state.js";

const HEADINGS = {
  model: "Models",
  study: "Studies and networks by themselves",
  layer: "Layers",
  channel: "Channels",
  class: "Classes",
  photo: "Photos",
};
const SHOWN = 200; // of a kind

const outcome = find(document, "#outcome", HTMLElement);
const place = find(document, "#results", HTMLElement);

async function show() {
  const text = readSearch(location.search);
  find(document, "#search", HTMLInputElement).value = text;
  place.replaceChildren();
  if (!text) return;
  document.title = `${text} · ${document.title}`;
  try {
    const { results, more } = await search(new SearchIndex("index/", fetchDocument), text);
    for (const [kind, heading] of Object.entries(HEADINGS)) {
      const own = results.filter((result) => result.kind === kind).slice(0, SHOWN);
      if (!own.length) continue;
      const title = document.createElement("h2");
      title.textContent = heading;
      const list = document.createElement("ol");
      list.className = "results";
      for (const result of own) {
        const item = document.createElement("li");
        item.append(createResult(result, "../"));
        list.append(item);
      }
      place.append(title, list);
    }
    outcome.textContent = results.length
      ? `${grouped(results.length)} found${more ? ", and there may be more: type more of the name to see them" : ""}`
      : "Nothing is found";
  } catch (error) {
    outcome.textContent = error instanceof Error ? error.message : String(error);
  }
}

show();
