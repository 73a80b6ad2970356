"""The page of two layers: what both have and what only one has, and the JSON beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

import jinja2
import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.layer_likeness import ComparedLayers, LayerLikeness
from diamond_cutter.build.page_text import decimal, encode, number, whole_percent
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.likeness.likeness_links import FILES, pair_folder
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.photo_likeness import Likeness
from diamond_cutter.build.rendered_atlas import RenderedLayer
from diamond_cutter.build.tiles.channel_tiles import Tile, linked_tile

PAIRS = 48
"""Pairs of channels that are shown, at most."""
ALONE = 24
"""Channels of each layer that are shown as having nothing like them, at most."""


@dataclass(frozen=True)
class LikePair:
    """Two channels that are each other's most alike, and their correlation as text."""

    ours: Tile
    theirs: Tile
    r: str


@dataclass(frozen=True)
class LeastAlike:
    """A channel, its highest correlation with any of the other layer; whether that is chance."""

    tile: Tile
    r: str
    is_chance: bool


@dataclass(frozen=True)
class LayerSide:
    """One of the two layers: the channels that the other lacks most, and how many, in words.

    name: of the layer, with its model where the other is of another. title: of what it has alone,
    or least alike, where all are like something.
    """

    name: str
    title: str
    layer: Link
    model: Link
    channels: int
    told: str
    alone: tuple[LeastAlike, ...]


@dataclass(frozen=True)
class LikenessChoice:
    """The layers of a model that the first layer is compared with; `current` is this page's."""

    model: str
    layers: tuple[Link, ...]
    current: str


@dataclass(frozen=True)
class LikenessPage:
    """`/models/<model>/<layer>/likeness/<model>/<layer>/`: a layer beside another.

    photos: how many, in words; chance: what r says nothing, as text; summary, both: in words.
    """

    frame: Frame
    photos: str
    chance: str
    summary: str
    ours: LayerSide
    theirs: LayerSide
    both: str
    pairs: tuple[LikePair, ...]
    choices: tuple[LikenessChoice, ...]


def likeness_files(
    environment: jinja2.Environment, around: Surroundings, likeness: LayerLikeness
) -> Iterator[tuple[str, bytes]]:
    """The pages of a layer beside each that it is compared with, and their JSON, by path."""
    compared = likeness.compared
    for other in compared.others:
        found = likeness.others[other.path]
        page = _page(around, compared, other, found)
        folder = compared.layer.path + pair_folder(other)
        contents = (
            page_templates.render(environment, "likeness/likeness.html", page),
            likeness_document(compared, other, found),
        )
        yield from zip((folder + name for name in FILES), contents, strict=True)


def likeness_document(compared: ComparedLayers, other: RenderedLayer, found: Likeness) -> bytes:
    """`likeness.json`: of each channel the most alike of the other layer, and back.

    `chance`: no r up to that is likeness. `most_alike` and `r` are lists over the layer's channels,
    `back` and `back_r` over those of the other.
    """
    layer = compared.layer
    return encode(
        {
            "schema": "likeness",
            "model": layer.model,
            "layer": layer.layer.name,
            "other_model": other.model,
            "other_layer": other.layer.name,
            "photos": compared.photos,
            "chance": round(found.chance, 4),
            "most_alike": found.channel[:, 0].tolist(),
            "r": [round(float(r), 4) for r in found.r[:, 0]],
            "back": found.back.tolist(),
            "back_r": [round(float(r), 4) for r in found.back_r],
        }
    )


def _page(
    around: Surroundings, compared: ComparedLayers, other: RenderedLayer, found: Likeness
) -> LikenessPage:
    layer = compared.layer
    path = layer.path + pair_folder(other)
    names = _names(layer, other)
    title = f"{names[0]} beside {names[1]}"
    frame = make_frame(
        around,
        path,
        f"{title} \N{MIDDLE DOT} {NAME}",
        f"Which channels of {names[0]} and {names[1]} are alike on the same photos, and which only "
        "one of the two has.",
        crumbs=(
            Link(NAME, "../../../../../../"),
            Link(layer.model, "../../../../"),
            Link(layer.layer.name, "../../../"),
        ),
        data=(Link("likeness.json", "likeness.json"),),
    )
    root = frame.root
    theirs = np.delete(np.arange(len(found.back)), found.channel[found.is_mutual, 0])
    mutual = np.flatnonzero(found.is_mutual)
    mutual = mutual[np.argsort(-found.r[mutual, 0], kind="stable")]
    pairs = tuple(
        LikePair(
            _tile(layer, int(channel), names[0], root),
            _tile(other, int(found.channel[channel, 0]), names[1], root),
            decimal(float(found.r[channel, 0])),
        )
        for channel in mutual[:PAIRS]
    )
    shown = f", the {PAIRS} most alike of which are shown" if len(mutual) > PAIRS else ""
    return LikenessPage(
        frame=frame,
        photos=number(compared.photos, "photo"),
        chance=decimal(found.chance),
        summary=_summary(found, names[1]),
        ours=_side(
            layer, names, found.r[:, 0], np.flatnonzero(~found.is_mutual), found.chance, root
        ),
        theirs=_side(other, names[::-1], found.back_r, theirs, found.chance, root),
        both=f"{number(len(mutual), 'pair')} of channels are each other's most alike{shown}.",
        pairs=pairs,
        choices=tuple(_choices(compared, other)),
    )


def _names(layer: RenderedLayer, other: RenderedLayer) -> tuple[str, str]:
    """What two layers are called beside each other."""
    if layer.model == other.model:
        return layer.layer.name, other.layer.name
    return f"{layer.layer.name} of {layer.model}", f"{other.layer.name} of {other.model}"


def _summary(found: Likeness, name: str) -> str:
    best = found.r[found.r[:, 0] != 0, 0]
    if not len(best):
        return "Nothing changes between photos here."
    share = whole_percent(float((best > found.chance).mean()))
    return (
        f"For {share} of the channels one of {name} is more like them than chance gives; half of "
        f"all reach an r of {decimal(float(np.median(best)))} with their most alike."
    )


def _side(
    layer: RenderedLayer,
    names: tuple[str, str],
    best: NDArray[np.float32],
    alone: NDArray[np.int64],
    chance: float,
    root: str,
) -> LayerSide:
    """The side of a layer; names: its own and the other's.

    best: (C,), the highest r of each channel there; 0: it is the same on all photos. alone: the
    channels that are in no pair.
    """
    lives = int(np.count_nonzero(best))
    chances = int(np.count_nonzero((best <= chance) & (best != 0)))
    few = f"{chances} of {number(lives, 'channel')} {'has' if chances == 1 else 'have'} nothing"
    alone = alone[best[alone] != 0]
    alone = alone[np.argsort(best[alone], kind="stable")]
    return LayerSide(
        name=names[0],
        title=f"What only {names[0]} has" if chances else f"What of {names[0]} is least alike",
        layer=Link(layer.layer.name, root + layer.path),
        model=Link(layer.model, f"{root}models/{layer.model}/"),
        channels=layer.layer.channels,
        told=(
            f"{few if chances else 'Each channel has something'} like it in {names[1]} that is "
            "more than chance. "
            + (
                "Of those in no pair the least alike come first, each with its highest r there."
                if len(alone)
                else "All are in a pair."
            )
        ),
        alone=tuple(
            LeastAlike(
                _tile(layer, int(channel), names[0], root),
                decimal(float(best[channel])),
                bool(best[channel] <= chance),
            )
            for channel in alone[:ALONE]
        ),
    )


def _tile(layer: RenderedLayer, channel: int, name: str, root: str) -> Tile:
    return linked_tile(channel, name, layer, root + layer.path)


def _choices(compared: ComparedLayers, current: RenderedLayer) -> Iterator[LikenessChoice]:
    """The other layers that a page of this one leads to, model by model, its own first."""
    for model in dict.fromkeys((compared.own, *compared.models)):
        if others := compared.of_model(model):
            ordered = sorted(others, key=lambda other: other.layer.index)
            links = (Link(each.layer.name, f"../../../{pair_folder(each)}") for each in ordered)
            is_here = model == current.model
            yield LikenessChoice(model, tuple(links), current.layer.name if is_here else "")
