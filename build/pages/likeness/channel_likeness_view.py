"""The channels that are like a channel, as its page shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diamond_cutter.build.layer_likeness import LayerLikeness
from diamond_cutter.build.page_text import decimal, number
from diamond_cutter.build.pages.likeness.likeness_links import pair_folder
from diamond_cutter.build.photo_likeness import FEWEST, Likeness
from diamond_cutter.build.rendered_atlas import RenderedLayer
from diamond_cutter.build.tiles.channel_tiles import Tile, linked_tile


@dataclass(frozen=True)
class LikeChannel:
    """A channel that is like another: where it is, in words, and how much, as text.

    pair: address of the page of both layers; empty for the same layer.
    """

    tile: Tile
    where: str
    r: str
    pair: str


@dataclass(frozen=True)
class ChannelLikeness:
    """What is like a channel: in its layer, in the cuts beside it, and in each other model.

    none: where nothing is, with the highest r there, in words; empty where something is everywhere.
    told: what r is, and what chance gives, in words. command: what
    measures the models `unlike`, which were not on the same photos; empty where all were.
    """

    channels: tuple[LikeChannel, ...]
    none: str
    told: str
    unlike: tuple[str, ...]
    command: str


@dataclass(frozen=True, eq=False)
class _Place:
    """Where one looks for likeness, in words, and the layers there with how alike they are."""

    words: str
    layers: Sequence[tuple[RenderedLayer, Likeness]]
    most: int = 1


def channel_likeness(
    likeness: LayerLikeness | None, channel: int, root: str
) -> ChannelLikeness | None:
    """What is like a channel of a layer; None where the photos were not named.

    root: the site's, as the channel's page sees it.
    """
    if likeness is None:
        return None
    compared = likeness.compared
    photos = number(compared.photos, "photo")
    measure = "diamond atlas --photos FOLDER"
    if likeness.within is None:
        few = f"{photos} are too few to tell what is like it: {FEWEST} are enough."
        return ChannelLikeness((), "", few, (), f"{measure} --models {compared.own}")
    found: list[LikeChannel] = []
    none: list[str] = []
    for place in _places(likeness, likeness.within):
        layer, best = max(place.layers, key=lambda each: float(each[1].r[channel, 0]))
        alike = [
            _like_channel(likeness, layer, int(other), float(r), root)
            for other, r in zip(best.channel[channel], best.r[channel], strict=True)
            if r > likeness.chance
        ]
        found += alike[: place.most]
        if not alike:
            none.append(f"{place.words}, at most {decimal(max(0.0, float(best.r[channel, 0])))}")
    models = ",".join((compared.own, *compared.unlike))
    return ChannelLikeness(
        channels=tuple(found),
        none="; ".join(none),
        told=(
            f"r is the correlation, over {photos}, of how strongly each excites the two channels. "
            "With the photos of one shuffled, the best of as many channels reaches "
            f"{decimal(likeness.chance)} at most: no r up to that is taken for likeness."
        ),
        unlike=compared.unlike,
        command=f"{measure} --models {models}" if compared.unlike else "",
    )


def _places(likeness: LayerLikeness, within: Likeness) -> Iterator[_Place]:
    """Where likeness is looked for, in order."""
    compared = likeness.compared
    yield _Place("in this layer", [(compared.layer, within)], most=within.r.shape[1])
    for other in compared.of_model(compared.own):
        yield _Place(f"in {other.layer.name}", [(other, likeness.others[other.path])])
    for model in compared.models:
        layers = [(each, likeness.others[each.path]) for each in compared.of_model(model)]
        yield _Place(f"in {model}", layers)


def _like_channel(
    likeness: LayerLikeness, layer: RenderedLayer, channel: int, r: float, root: str
) -> LikeChannel:
    ours = likeness.compared.layer
    is_ours = layer.model == ours.model
    name = layer.layer.name if is_ours else f"{layer.layer.name} of {layer.model}"
    return LikeChannel(
        tile=linked_tile(channel, name, layer, root + layer.path),
        where="this layer" if layer is ours else name,
        r=decimal(r),
        pair="" if layer is ours else f"../{pair_folder(layer)}",
    )
