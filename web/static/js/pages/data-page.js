/** The scripts of the page read the site from where it is now, if nobody said where it will be. */

const here = new URL("../", location.href).href;
for (const code of document.querySelectorAll("[data-assumed]")) {
  const assumed = code.getAttribute("data-assumed") ?? "";
  code.textContent = (code.textContent ?? "").replace(assumed, () => here);
}
