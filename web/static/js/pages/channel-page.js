/** The page of a channel: a button that copies its link, and arrow keys that go to its neighbours. */

import { find } from "../components/page-elements.js";

const copied = find(document, "#copied", HTMLOutputElement);
const link = find(document, "#link", HTMLAnchorElement);

find(document, "#copy", HTMLButtonElement).addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(link.href);
    copied.value = "Copied";
  } catch {
    copied.value = link.href; // no clipboard here: shown, to be copied by hand
  }
});

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target !== document.body) return;
  const relation = new Map([["ArrowLeft", "prev"], ["ArrowRight", "next"]]).get(event.key);
  const neighbour = relation && document.querySelector(`a[rel=${relation}]`);
  if (neighbour instanceof HTMLAnchorElement) neighbour.click();
});
