/** Every command and table that a page shows gets a button that copies it. */

import { createButton, find } from "../components/page-elements.js";

for (const shown of document.querySelectorAll(".copyable")) {
  const button = createButton("Copy", async () => {
    await navigator.clipboard.writeText(find(shown, "code", HTMLElement).textContent ?? "");
    button.textContent = "Copied";
  });
  button.setAttribute("aria-label", "Copy what this does as a command or table");
  shown.append(button);
}
