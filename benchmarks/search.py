"""The search: seconds to make its index, files, and the bytes and time of an answer in Chromium.

Why no library: Pagefind 1.5.2 (from PyPI, MIT) was measured first, on 20,000 made-up records. It
writes a file a record (20,000, and 14 MB), its Python interface waits 0.1 s for each, its command
took 21 s; one answer loads 45 kB of script, 41 kB of worker, 72 kB of WebAssembly, a list of all
records of 101 kB that grows with them, and up to 61 kB of index: 320 kB before the first result,
and a policy that lets WebAssembly run. MiniSearch, lunr and the like load the whole index.
So it is a tree of sorted blocks, `build/search/search_index.py`.

The entries are made up: channels in layers of 320 in networks of 40 layers, with five words each of
20,000, 1,000 classes and 5,000 photos. No pages or pictures are made; `--store ADDRESS` builds the
site of an atlas besides, to compare seconds. What an answer's pictures load is said apart: a row of
16 is about 15 kB, and the field shows eight results.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from chromium import chromium, served
from numpy.typing import NDArray
from playwright.sync_api import Browser

from diamond_cutter.build.layer_words import LayerWords
from diamond_cutter.build.publish.generator_digest import static_files
from diamond_cutter.build.search.search_entries import Entry, word_entries
from diamond_cutter.build.search.search_index import FOLDER, index_files, sorted_postings
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.atlas.word_layout import Words

CHANNELS, LAYERS, WORDS, CLASSES, PHOTOS = 320, 40, 20_000, 1_000, 5_000
QUESTIONS = ("net1", "lite block7 12", "net2 block7 12", "net block add 3", "7")
QUESTIONS += ("b", "ba", "bate", "img 123", "pets")
ANSWER = """async ([text, root]) => {
  const start = performance.now();
  const names = ["site-search", "search-index", "fetched-documents"];
  const modules = await Promise.all(names.map((name) => import(`${root}js/data/${name}.js`)));
  const [{ search }, { SearchIndex }, { fetchDocument }] = modules;
  const { results } = await search(new SearchIndex(`${root}search/index/`, fetchDocument), text);
  return [results.length, performance.now() - start];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--channels", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--store", help="an atlas whose site is built besides")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for channels in options.channels:
            site = Path(folder) / str(channels)
            write_index(site, channels)
            with served(site) as root:
                ask(browser, root)
        if options.store:
            start = time.perf_counter()
            built = build_site(options.store, [], Path(folder) / "whole", "", lambda *_: None)
            print(f"a whole site of {built.pages} pages: {time.perf_counter() - start:.1f} s")


def write_index(site: Path, channels: int) -> None:
    start = time.perf_counter()
    entries = list(made_up(channels))
    made = time.perf_counter()
    files = dict(index_files(sorted_postings(entries), "blocks"))
    cut = time.perf_counter()
    written = {FOLDER + path: content for path, content in files.items()}
    for path, content in (written | page()).items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    size = sum(map(len, files.values()))
    print(
        f"{channels:,} channels: {len(entries):,} entries in {made - start:.1f} s, index in "
        f"{cut - made:.1f} s, {len(files):,} files, {size / 1e6:.1f} MB"
    )


def page() -> dict[str, bytes]:
    scripts = {path: each for path, each in static_files().items() if path.startswith("js/")}
    return {"index.html": b"<!doctype html><title>search</title>", **scripts}


def made_up(channels: int) -> Iterator[Entry]:
    rng, names = np.random.default_rng(0), random.Random(0)  # noqa: S311

    def word() -> str:
        return "".join(names.choice("bcdfglmnprst") + names.choice("aeiou") for _ in range(4))

    words = tuple(f"{word()} {word()}" for _ in range(WORDS))
    numbers = range(-(-channels // CHANNELS))
    layers = [(f"net{n // LAYERS}-lite", f"block{n % LAYERS}_add") for n in numbers]
    for model in dict.fromkeys(model for model, _ in layers):
        yield Entry("m", model, "", f"models/{model}/", f"models/{model}/block1_add/7", "40 layers")
    for model, layer in layers:
        path = f"models/{model}/{layer}/"
        yield Entry("l", layer, model, path, f"{path}7", f"{CHANNELS} channels", CHANNELS)
    for index in range(CLASSES):
        path, picture = f"studies/pets/classes/{index}/", f"studies/pets/photos/{index}"
        yield Entry("c", word(), "pets", path, picture)
    for index in range(PHOTOS):
        picture = f"studies/pets/photos/{index}"
        yield Entry("p", f"{word()}/IMG_{index:05}.jpg", "pets", f"{picture}/", picture, deep=False)

    def layer_words() -> Iterator[tuple[str, LayerWords, NDArray[np.bool_]]]:
        for model, layer in layers:
            place = rng.integers(WORDS, size=(CHANNELS, 5), dtype=np.int32)
            share = rng.random((CHANNELS, 5), np.float32)
            interval = np.stack([share, share], axis=-1)
            theirs = Words("observer", "net", words, 500, 50, "", "", place, share, interval, share)
            yield f"models/{model}/{layer}/", LayerWords((theirs,)), np.ones(CHANNELS, bool)

    yield from word_entries(layer_words())


def ask(browser: Browser, root: str) -> None:
    """Ten questions, each in a browser that knows nothing yet; scripts and index are counted."""
    most = 0
    for text in QUESTIONS:
        with browser.new_context() as context:
            tab = context.new_page()
            sizes: list[int] = []
            tab.on("response", lambda answer, sizes=sizes: sizes.append(len(answer.body())))
            tab.goto(root)
            sizes.clear()
            count, milliseconds = tab.evaluate(ANSWER, [text, root])
            tab.wait_for_timeout(50)
            most = max(most, sum(sizes))
            loaded = f"{sum(sizes) / 1e3:.0f} kB in {len(sizes)} files"
            print(f"  {text!r}: {count} found, {loaded}, {milliseconds:.0f} ms")
    print(f"  {most / 1e3:.0f} kB at most, without pictures")


if __name__ == "__main__":
    main()
