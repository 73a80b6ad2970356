/**
 * Says in a page opened from disk that there is no search, and nothing else by scripts: browsers load
 * no module there and fetch no file. No module itself, so that they load it.
 */
if (location.protocol === "file:") {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent =
    "No search here, nor lists and what else scripts do: browsers load none for a page that is opened from disk. The command diamond serve shows this site with all of it.";
  document.querySelector(".search")?.replaceChildren(note);
}
