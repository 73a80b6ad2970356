/** What embeds a page elsewhere, to be copied; and the page when it is embedded: its links lead out of the frame. */

import { find } from "./page-elements.js";

/** Whether this page is shown as others embed it; the style sheet knows by the same. */
export function isEmbedded() {
  return document.querySelector("#embed:target") !== null;
}

export function startEmbedded() {
  document.addEventListener(
    "click",
    ({ target }) => {
      const link = target instanceof Element ? target.closest("a") : null;
      if (!link) return;
      link.target = "_blank";
      link.rel = "noopener";
      if (link.closest(".embedded")) link.search = location.search;
    },
    { capture: true },
  );
}

/** @param {HTMLDetailsElement} embed */
export function startSnippet(embed) {
  const code = find(embed, "textarea", HTMLTextAreaElement);
  const said = find(embed, "output", HTMLOutputElement);
  const write = () => {
    code.value = snippet(embed.dataset.ratio ?? "");
    said.value = "";
  };
  write(); // it may have been opened before this ran
  embed.addEventListener("toggle", write);
  find(embed, "button", HTMLButtonElement).addEventListener("click", async () => {
    write();
    try {
      await navigator.clipboard.writeText(code.value);
      said.value = "Copied";
    } catch {
      code.select(); // no clipboard here: to be copied by hand
      said.value = "Copy what is selected.";
    }
  });
}

/** The code for the view that is shown now. @param {string} ratio width to height */
function snippet(ratio) {
  const frame = document.createElement("iframe");
  frame.src = `${location.origin}${location.pathname}${location.search}#embed`;
  frame.title = document.title;
  frame.loading = "lazy";
  // As text: the policy of this page lets no element have a style of its own.
  return frame.outerHTML.replace("<iframe ", `<iframe style="width: 100%; aspect-ratio: ${ratio}; border: 0" `);
}
