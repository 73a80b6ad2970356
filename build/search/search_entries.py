"""What is found by searching: a record for all that has a name and a page.

Channels have none of their own, so that a million of them do not make the index large: by number
they are found through the record of their layer, by words through that of the word, which names
the channels that it fits best.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.layer_words import LayerWords, layer_words
from diamond_cutter.build.measured_study import MeasuredStudy, read_array
from diamond_cutter.build.page_text import number, shown
from diamond_cutter.build.rendered_atlas import Atlas, RenderedLayer
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model
from diamond_cutter.precompute.stores.study.dataset_report import File

BEST = 32
"""Channels of a word, at most: those that it fits best, of all models."""
HELD = 1 << 18
"""Words of channels that are held beside twice the best so far."""
_Rows = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[np.bool_]]
"""A word of a channel each: the word's place, its share, negative, the layer's place, the channel,
and whether that has a picture."""


@dataclass(frozen=True)
class Entry:
    """A record of the index; addresses are relative to the site's root.

    kind: one of the letters of `web/static/js/data/site-search.js`: m, s, l, c, w or p.
    name: as it is shown. within: what it belongs to, by which it is found, too, where `deep`.
    href: its page; picture: the folder of its picture and its number there, see `picture_rows`;
        both may be empty.
    detail: in words. channels: of a layer how many, of a word which, each with its share, and ""
        where it has no picture.
    """

    kind: str
    name: str
    within: str = ""
    href: str = ""
    picture: str = ""
    detail: str = ""
    channels: int | tuple[tuple[str, float] | tuple[str, float, str], ...] = 0
    deep: bool = True

    @property
    def terms_of(self) -> str:
        """What its terms are taken from: of a photo its own name without folder and ending."""
        if self.kind == "p":
            return PurePosixPath(self.name).stem
        return f"{self.name} {self.within}" if self.deep else self.name

    @property
    def document(self) -> list[object]:
        """As a block of the index holds it."""
        return [self.name, self.within, self.href, self.picture, self.detail, self.channels]


def search_entries(
    atlas: Atlas,
    studies: Iterable[MeasuredStudy],
    networks: Iterable[NetworkByItself],
    files: AbstractSet[str],
) -> Iterator[Entry]:
    """The entries of a site, of which `files` are all there are by their paths."""
    of_model = {model.model.name: model.rendered for model in atlas.models}
    listed = {each.model.name: each.model for each in atlas.catalogue}
    for model in {**listed, **{each.model.name: each.model for each in atlas.models}}.values():
        yield _model(model, of_model.get(model.name, ()), files)
    rendered = [layer for model in atlas.models for layer in model.rendered]
    for layer in rendered:
        count = layer.layer.channels
        detail = number(count, "channel")
        yield Entry("l", layer.layer.name, layer.model, layer.path, _picture(layer), detail, count)
    for study in studies:
        photos, classes = study.photos, study.study.classes
        detail = f"{number(len(photos), 'photo')} in {number(len(classes), 'class', 'classes')}"
        yield Entry("s", study.study.name, "", study.path, f"{study.path}photos/0", detail)
        label, first = np.unique(read_array(study.label), return_index=True)
        chosen = dict(zip(label.tolist(), first.tolist(), strict=True))
        yield from _inside(study.path, study.study.name, classes, photos, files, chosen)
    for network in networks:
        photos, classes = network.report.photos, network.explained.cuts[0].classes
        detail = f"{number(len(photos), 'photo')}, a network by itself"
        yield Entry("s", network.name, "", network.path, f"{network.path}photos/0", detail)
        yield from _inside(network.path, network.name, classes, photos, files, {})
    yield from word_entries((layer.path, layer_words(layer), layer.pictured) for layer in rendered)


def _model(model: Model, rendered: tuple[RenderedLayer, ...], files: AbstractSet[str]) -> Entry:
    page = f"models/{model.name}/"
    href = page if f"{page}index.html" in files else f"models/#{model.name}"
    pictures = [picture for layer in rendered if (picture := _picture(layer))]
    channels = sum(layer.layer.channels for layer in rendered)
    detail = (
        f"{number(channels, 'channel')} in {number(len(rendered), 'layer')}"
        if rendered
        else "no pictures yet"
    )
    picture = pictures[len(pictures) // 2] if pictures else ""
    return Entry("m", model.name, "", href, picture, detail)


def _picture(layer: RenderedLayer) -> str:
    """A channel that stands for the layer; empty where none has a picture."""
    pictured = np.flatnonzero(layer.pictured)
    return f"{layer.path}{pictured[len(pictured) // 2]}" if len(pictured) else ""


def _inside(
    path: str,
    name: str,
    classes: list[str],
    photos: list[File],
    files: AbstractSet[str],
    chosen: dict[int, int],
) -> Iterator[Entry]:
    """The classes and photos of a study; `chosen`: a photo of each class, by class."""
    for label, own in enumerate(classes):
        href = f"{path}classes/{label}/"
        if f"{href}index.html" in files:
            picture = f"{path}photos/{chosen[label]}" if label in chosen else ""
            yield Entry("c", shown(own), name, href, picture)
    for index, photo in enumerate(photos):
        href = f"{path}photos/{index}/"
        if f"{href}index.html" in files:
            yield Entry("p", shown(photo.path), name, href, href[:-1], deep=False)


def word_entries(
    layers: Iterable[tuple[str, LayerWords, NDArray[np.bool_]]],
) -> Iterator[Entry]:
    """An entry for each word of channels, of whatever kind.

    layers: the path of each, its words, and which channels have a picture, (C,).
    """
    paths: list[str] = []
    places: dict[str, int] = {}
    found: list[_Rows] = []
    count = most = 0
    for path, words, pictured in layers:
        for kind in words.kinds:
            channel, rank = np.nonzero(kind.word >= 0)
            known = np.array([places.setdefault(name, len(places)) for name in kind.names])
            layer = np.full(len(channel), len(paths))
            share = kind.share[channel, rank].astype(np.float64)
            word = known[kind.word[channel, rank]]
            found.append((word, -share, layer, channel, pictured[channel]))
            count += len(channel)
        paths.append(path)
        if count > most:
            found = [_best(found)]
            count = len(found[0][0])
            most = 2 * count + HELD
    if not found:
        return
    word, share, layer, channel, is_pictured = _best(found)
    starts = np.searchsorted(word, np.arange(len(places) + 1))
    for name, place in sorted(places.items()):
        best = range(starts[place], starts[place + 1])
        fits = [(f"{paths[layer[at]]}{channel[at]}", round(-share[at], 3)) for at in best]
        channels = tuple(
            fit if is_pictured[at] else (*fit, "") for at, fit in zip(best, fits, strict=True)
        )
        yield Entry("w", shown(name), channels=channels)


def _best(found: list[_Rows]) -> _Rows:
    """Those of each word, by its place, that it fits best, in order."""
    word, share, layer, channel, is_pictured = map(np.concatenate, zip(*found, strict=True))
    order = np.lexsort((channel, layer, share, word))
    ordered = word[order]
    rank = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    kept = order[rank < BEST]
    return word[kept], share[kept], layer[kept], channel[kept], is_pictured[kept]
