"""Words for channels, and the concepts that they are taken from. Optional::

    <atlas>/.concepts-<digest>-<first>   (N, K) float16: how well each concept fits each of at most
                                         `BLOCK` photos from the `first` on, comparable for one
                                         concept alone; the first 12 digits of their digest;
                                         attributes: names, (K,), when all is there
    <atlas>/<model>/<layer>/words/<kind>        the words of one `Kind`; attributes: source, who
                                                gives them: a backbone, the photos' name, a file's;
                                                names, of the concepts that any channel has; judged,
                                                how many photos, and strongest, those of them that
                                                excite a channel most; concepts, digest of what they
                                                are taken from; photos, of these; version
    <atlas>/<model>/<layer>/words/<kind>/word   (C, 5) int32: those that fit a channel best, the
                                                best first, by their place in names; -1: no more
    <atlas>/<model>/<layer>/words/<kind>/share  (C, 5) float32: of the strongest photos, the share
                                                that is among those which fit the word best, 0..1
    <atlas>/<model>/<layer>/words/<kind>/interval  (C, 5, 2) float32: of the share, of 95 %
    <atlas>/<model>/<layer>/words/<kind>/chance (C, 5) float32: the share where photos are shuffled

Words are chosen on half of the photos and judged on the other half; a tenth of these are the
strongest, and a tenth fits best, of classes all photos of the class. Channels of which no word
holds there have only -1, and 0 in the other arrays. A group without attributes is not there,
whatever it holds.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from diamond_cutter.precompute.stores.atlas.activation_statistics import VERSION as NATURAL_VERSION
from diamond_cutter.precompute.stores.atlas.activation_statistics import natural_group
from diamond_cutter.precompute.stores.store_address import DAMAGE, array, subgroup

NAME = "words"

Kind = Literal["observer", "labels", "file"]
"""Whose words: the classes of another backbone, those of the photos, a list of one's own."""

KINDS: tuple[Kind, ...] = get_args(Kind)

MOST = 5
"""Words of a channel."""

BLOCK = 128
"""Photos whose concepts are found at once, and stored in an array of their own."""

_FACTS = ("source", "judged", "strongest", "concepts", "photos")

_CONCEPTS = ".concepts-"
_DIGITS = 12

_VERSION = [2, NATURAL_VERSION]
"""The first is raised when the same values and concepts give other words."""


_ARRAYS = {
    "word": ("int32", (), -2),
    "share": ("float32", (), np.nan),
    "interval": ("float32", (2,), np.nan),
    "chance": ("float32", (), np.nan),
}
"""Of each its dtype, the shape of an entry, and what is read where the store has lost it."""


@dataclass(frozen=True, eq=False)
class Words:
    """The words of one kind for a layer: see above."""

    kind: Kind
    source: str
    names: tuple[str, ...]
    judged: int
    strongest: int
    concepts: str
    photos: str
    word: NDArray[np.int32]
    share: NDArray[np.float32]
    interval: NDArray[np.float32]
    chance: NDArray[np.float32]


def lacks_words(layer: zarr.Group, kind: Kind, concepts: str) -> bool:
    """Whether a layer has no words of a kind that are taken from concepts of that digest.

    Damaged ones are none.
    """
    try:
        group = layer.get(f"{NAME}/{kind}")
        return not (
            isinstance(group, zarr.Group)
            and group.attrs.get("version") == _VERSION
            and _read(group, kind).concepts == concepts
        )
    except DAMAGE:
        return True


def write_words(layer: zarr.Group, words: Words) -> None:
    """Store words in place of those of their kind; the attributes go first, and come last."""
    path = f"{NAME}/{words.kind}"
    with suppress(*DAMAGE):
        if path in layer:
            subgroup(layer, path).attrs.put({})
    group = layer.create_group(path, overwrite=True)
    for name, (_, _, lost) in _ARRAYS.items():
        values = getattr(words, name)
        compressor = ZstdCodec(level=3, checksum=True)
        group.create_array(
            name, data=values, chunks=values.shape, compressors=compressor, fill_value=lost
        )
    facts = {name: getattr(words, name) for name in _FACTS}
    group.attrs.put({**facts, "names": list(words.names), "version": _VERSION})


def read_words(layer: zarr.Group) -> list[Words]:
    """The words of a layer, by kind; only those of the photos that it was measured on.

    Raises one of `DAMAGE` for a group that is damaged.
    """
    natural = natural_group(layer)
    photos = None if natural is None else natural.attrs["digest"]
    found = []
    for kind in KINDS:
        group = layer.get(f"{NAME}/{kind}")
        told: dict[str, Any] = group.attrs.asdict() if isinstance(group, zarr.Group) else {}
        if (told.get("photos", ""), told.get("version")) == (photos, _VERSION):
            found.append(_read(subgroup(layer, f"{NAME}/{kind}"), kind))
    return found


def _read(group: zarr.Group, kind: Kind) -> Words:
    attributes: dict[str, Any] = group.attrs.asdict()
    names = tuple(map(str, attributes["names"]))
    arrays = {name: np.asarray(array(group, name)[:]) for name in _ARRAYS}
    count = len(arrays["word"])
    for name, (dtype, each, _) in _ARRAYS.items():
        found, shape = arrays[name], (count, MOST, *each)
        if found.dtype != dtype or found.shape != shape or not np.isfinite(found).all():
            raise ValueError(f"{name}: expected finite {dtype} {shape}, got {found.dtype} "
                             f"{found.shape}")  # fmt: skip
    if not ((arrays["word"] >= -1) & (arrays["word"] < len(names))).all():
        raise ValueError(f"word: expected places below {len(names)}, or -1")
    return Words(
        kind=kind,
        source=str(attributes["source"]),
        names=names,
        judged=int(attributes["judged"]),
        strongest=int(attributes["strongest"]),
        concepts=str(attributes["concepts"]),
        photos=str(attributes["photos"]),
        **arrays,
    )


def concept_blocks(photos: int) -> range:
    """The first photos of the blocks of so many."""
    return range(0, photos, BLOCK)


def lacks_concepts(atlas: zarr.Group, digest: str, first: int) -> bool:
    """Whether an atlas lacks a block of the concepts of that digest."""
    found = atlas.get(_concepts_name(digest, first))
    return not isinstance(found, zarr.Array) or "names" not in found.attrs


def write_concepts(
    atlas: zarr.Group, digest: str, first: int, names: Sequence[str], fit: NDArray[np.floating]
) -> None:
    """Keep how well concepts fit a block of photos, (N, K); `names`: of the concepts."""
    found = atlas.create_array(
        _concepts_name(digest, first),
        data=fit.astype(np.float16),
        chunks=fit.shape,
        compressors=ZstdCodec(level=3),
        overwrite=True,
    )
    found.attrs.put({"names": list(names)})


def read_concepts(
    atlas: zarr.Group, digest: str, photos: int
) -> tuple[list[str], NDArray[np.float16]]:
    """The names of the concepts of that digest, and how well they fit so many photos, (P, K)."""
    blocks = [array(atlas, _concepts_name(digest, first)) for first in concept_blocks(photos)]
    names: Any = blocks[0].attrs["names"]
    return list(names), np.concatenate([np.asarray(block[:], np.float16) for block in blocks])


def _concepts_name(digest: str, first: int) -> str:
    return f"{_CONCEPTS}{digest[:_DIGITS]}-{first}"
