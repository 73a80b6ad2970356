"""The index of a search: a tree of blocks, of which a browser reads the few that it needs.

A B-tree (Bayer and McCreight 1972) of the terms of all entries: they are sorted, and cut into
blocks; the first term of each is what the level above is made of, and so on up to one root. What
begins with some letters lies in neighbouring blocks, which are found by one block a level, however
many entries there are.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from diamond_cutter.build.page_text import encode
from diamond_cutter.build.publish.generator_digest import digest
from diamond_cutter.build.publish.site_staging import Stage
from diamond_cutter.build.search.search_entries import Entry
from diamond_cutter.build.search.search_terms import search_terms

FOLDER = "search/index/"
"""Where the index lies in the site: `root.json`, and the blocks in a folder named by their digest,
so that no browser mixes those of two sites."""
BLOCK = 6_000
"""Bytes of a block, about: a whole one more entry."""


def write_index(stage: Stage, entries: Iterable[Entry]) -> dict[str, str]:
    """Write the index, or keep all of it if it is of the same entries; its digest by its path."""
    postings = sorted_postings(entries)
    parts = ((posting.key, posting.text.encode()) for posting in postings)
    made_of = digest([("block", str(BLOCK).encode()), *parts])
    if not stage.keep_all(FOLDER, made_of):
        for path, content in index_files(postings, made_of[:12]):
            stage.write(FOLDER + path, content)
    return {FOLDER: made_of}


class Posting(NamedTuple):
    """A key, which is a kind and a term, with the entry that it leads to, and its JSON."""

    key: str
    entry: list[object]
    text: str


def sorted_postings(entries: Iterable[Entry]) -> list[Posting]:
    """The postings of all entries as browsers sort them; those of the same key stay in order."""
    postings = []
    for entry in entries:
        document = entry.document
        text = json.dumps(document)
        postings += [
            Posting(entry.kind + term, document, text) for term in search_terms(entry.terms_of)
        ]
    postings.sort(key=lambda posting: posting.key.encode("utf-16-be"))
    return postings


def index_files(postings: Sequence[Posting], name: str) -> Iterator[tuple[str, bytes]]:
    """The files of the index by path; `name`: of the folder of its blocks.

    `NAME/0-<n>.json` have `keys` and their `entries`, `NAME/<level>-<n>.json` the `first` key of
    each block of the level below, and the number of the first of these, `start`. So has
    `root.json`, which says besides how many levels there are, and their folder.
    """
    first = []
    sizes = [_size(posting.key) + len(posting.text) for posting in postings]
    for index, (start, stop) in enumerate(_cuts(sizes)):
        run = postings[start:stop]
        keys = [posting.key for posting in run]
        first.append(keys[0])
        entries = [posting.entry for posting in run]
        content = {"schema": "search-entries", "keys": keys, "entries": entries}
        yield f"{name}/0-{index}.json", encode(content)
    level = 0
    while sum(map(_size, first)) > BLOCK:
        level += 1
        above = []
        for index, (start, stop) in enumerate(_cuts([_size(key) for key in first])):
            above.append(first[start])
            node = {"schema": "search-blocks", "start": start, "first": first[start:stop]}
            yield f"{name}/{level}-{index}.json", encode(node)
        first = above
    root = {"folder": name, "levels": level + 1, "start": 0, "first": first}
    yield "root.json", encode({"schema": "search-index", **root})


def _size(key: str) -> int:
    """The bytes of a key in a block, with its comma."""
    return len(json.dumps(key)) + 1


def _cuts(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of about a block each; `sizes`: of what follows each other."""
    start = total = 0
    for stop, size in enumerate(sizes):
        total += size
        if total > BLOCK and stop > start:
            yield start, stop
            start, total = stop, size
    if start < len(sizes):
        yield start, len(sizes)
