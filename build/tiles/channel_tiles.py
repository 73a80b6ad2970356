"""Tiles and counts: what the pages show of a layer's channels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from diamond_cutter.build.explained_study import View
from diamond_cutter.build.rendered_atlas import ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles.channel_pictures import (
    BAND,
    BAND_SIDE,
    STRIP,
    STRIP_SIDE,
    sheet_name,
    strip_channels,
    strip_side,
)
from diamond_cutter.build.tiles.sprite_sheet import COLUMNS, place, sheet_size, size_of
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level

Atlas = Mapping[str, RenderedLayer]
"""The rendered layers by their folder in the site."""
NOT_YET = "none yet"
EXPLANATIONS = {
    NOT_YET: "This channel has no picture yet.",
    "dead": "This channel is dead: no picture was found that excites it more than plain grey does.",
    "grey": "This channel is grey: its picture has next to no contrast, so it is not shown.",
    "chance": "This channel's picture is no better than chance: it excites other channels of the "
    "layer more, so it is not shown.",
}
"""Why a channel has no picture to show, in a word and in a sentence."""


def atlas_of(atlas: Atlas, weights: Mapping[str, str]) -> Atlas:
    """What of an atlas is of networks with these weights, digests by name."""
    return {
        path: layer for path, layer in atlas.items() if layer.is_of(weights.get(layer.model, ""))
    }


@dataclass(frozen=True)
class Tile:
    """A channel's small picture in a sheet, or why there is none.

    name: what it is called in words.
    href: its page.
    sheet: address of the sheet; empty if there is no picture to show.
    width, height: of the sheet, in pixels.
    column, row: of the tile in the sheet.
    reason: why there is no picture to show, in a word; empty if there is one.
    """

    name: str
    href: str
    sheet: str
    width: int
    height: int
    column: int
    row: int
    reason: str


@dataclass(frozen=True)
class Count:
    """How many channels there are, and of them with a picture, flagged, and not rendered yet."""

    channels: int
    pictured: int
    flagged: int
    missing: int


def reason(layer: RenderedLayer, channel: int) -> str:
    """Why a channel has no picture to show, in a word; empty if it has one."""
    if layer.level[channel] == Level.NOTHING:
        return NOT_YET
    flag = Flag(layer.flag[channel])
    return "" if flag is Flag.NONE else flag.name.lower()


def recipe_name(level: int) -> str:
    """The name of the recipe that reaches `level`, which is not 0."""
    return Level(level).name.lower()


def grid_tiles(layer: RenderedLayer) -> tuple[Tile, ...]:
    """The tiles of all channels, for the layer's own page."""
    return tuple(grid_tile(layer, channel) for channel in range(layer.layer.channels))


def grid_tile(layer: RenderedLayer, channel: int) -> Tile:
    """A channel's tile in its layer's sheets; addresses as the layer's own page sees them."""
    why = reason(layer, channel)
    where = place(channel)
    width, height = size_of(where.sheet, layer.layer.channels, layer.side)
    sheet = "" if why else sheet_name(where.sheet)
    return Tile(
        f"Channel {channel}", f"{channel}/", sheet, width, height, where.column, where.row, why
    )


def channel_tile(channel: int, view: View, atlas: Atlas, root: str) -> Tile:
    """A channel's tile with its addresses; one without address where the atlas lacks the layer."""
    return linked_tile(channel, view.layer.name, atlas.get(view.atlas), root + view.atlas)


def linked_tile(channel: int, layer: str, rendered: RenderedLayer | None, base: str) -> Tile:
    """A channel's tile on another page; `base` is the layer's folder as that sees it.

    One without address where the layer is not in the atlas, so that `rendered` is None.
    """
    name = f"Channel {channel} of {layer}"
    if rendered is None:
        return Tile(name, "", "", 0, 0, 0, 0, str(channel))
    tile = grid_tile(rendered, channel)
    return replace(
        tile,
        name=name,
        href=base + tile.href,
        sheet=tile.sheet and base + tile.sheet,
        reason=tile.reason and f"{channel} {tile.reason}",
    )


def lacks_picture(tile: Tile) -> bool:
    """Whether a channel's picture is still to be made."""
    return not tile.href or tile.reason.endswith(NOT_YET)


def strip_tiles(layer: RenderedLayer, base: str) -> tuple[Tile, ...]:
    """The tiles of the layer's strip; `base` is the layer's folder as the page sees it."""
    width, height = strip_size(layer)
    return tuple(
        Tile(
            f"{layer.layer.name}, channel {channel}",
            f"{base}{channel}/",
            base + STRIP,
            width,
            height,
            column,
            0,
            "",
        )
        for column, channel in enumerate(strip_channels(layer))
    )


def strip_size(layer: RenderedLayer) -> tuple[int, int]:
    """Width and height of the layer's strip, in pixels."""
    return sheet_size(COLUMNS, strip_side([layer], STRIP_SIDE))


def band_channels(model: ModelAtlas) -> list[tuple[RenderedLayer, int]]:
    """Up to one row of (layer, channel) that stand for the model, evenly spread over its depth."""
    layers = [layer for layer in model.rendered if layer.pictured.any()]
    if len(layers) > COLUMNS:
        last = len(layers) - 1
        layers = [layers[index * last // (COLUMNS - 1)] for index in range(COLUMNS)]
    return [(layer, _sample(layer, position)) for position, layer in enumerate(layers)]


def band_tiles(model: ModelAtlas, base: str) -> tuple[Tile, ...]:
    """The tiles of the model's band; `base` is the model's folder as the page sees it."""
    chosen = band_channels(model)
    if not chosen:
        return ()
    width, height = sheet_size(COLUMNS, strip_side([layer for layer, _ in chosen], BAND_SIDE))
    return tuple(
        Tile(
            layer.layer.name,
            f"{base}{layer.layer.name}/",
            base + BAND,
            width,
            height,
            column,
            0,
            "",
        )
        for column, (layer, _) in enumerate(chosen)
    )


def count(layer: RenderedLayer) -> Count:
    """How many channels a layer has, and how many of them have a picture."""
    there = layer.level != Level.NOTHING
    flagged = int(np.count_nonzero(there & (layer.flag != Flag.NONE)))
    total, rendered = layer.layer.channels, int(np.count_nonzero(there))
    return Count(total, rendered - flagged, flagged, total - rendered)


def total(counts: list[Count]) -> Count:
    """The sum of counts."""
    return Count(
        sum(one.channels for one in counts),
        sum(one.pictured for one in counts),
        sum(one.flagged for one in counts),
        sum(one.missing for one in counts),
    )


def _sample(layer: RenderedLayer, position: int) -> int:
    """A channel of the strip, another at each position: the blocks of a stage are much alike."""
    channels = strip_channels(layer)
    return channels[(5 * position + len(channels) // 2) % len(channels)]
