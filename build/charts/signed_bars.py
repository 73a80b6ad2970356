"""Channels for and against: each with its picture and a bar from the zero of one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import View
from diamond_cutter.build.page_text import signed_text
from diamond_cutter.build.tiles.channel_tiles import Atlas, Tile, channel_tile

HALF = 50.0
"""Length of the longest bar, in the drawing's units; zero is at 0."""


@dataclass(frozen=True)
class Bar:
    """A signed value along a scale of -50..50: where its bar starts, its length, and as text.

    low, high: the ends of its spread along the scale, None where it has none.
    """

    start: float
    length: float
    text: str
    against: bool
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ChannelBar:
    """A channel and what it contributes; `spread`: of that over photos, in words, may be empty."""

    channel: int
    tile: Tile
    bar: Bar
    spread: str = ""


def channel_bars(
    channels: Sequence[int], values: NDArray[np.float32], view: View, atlas: Atlas, root: str
) -> tuple[ChannelBar, ...]:
    """Some channels of a layer, in the order given; `values` (C,) have one scale.

    `root` is the address of the site's root as the page sees it.
    """
    scale = max((abs(float(values[channel])) for channel in channels), default=0.0)
    return tuple(
        ChannelBar(
            channel,
            channel_tile(channel, view, atlas, root),
            draw_bar(float(values[channel]), scale),
        )
        for channel in channels
    )


def strongest(values: NDArray[np.float32], count: int) -> tuple[list[int], list[int]]:
    """Up to `count` channels with the largest values above 0, and with the lowest below it."""
    order = np.argsort(-values, kind="stable")
    most = [int(channel) for channel in order[:count] if values[channel] > 0]
    least = [int(channel) for channel in order[::-1][:count] if values[channel] < 0]
    return most, least


def draw_bar(value: float, scale: float, spread: tuple[float, float] | None = None) -> Bar:
    """A value on a scale from -`scale` to `scale`, and the ends of its spread."""
    at = _along(value, scale)
    low, high = (None, None) if spread is None else (_along(end, scale) for end in spread)
    return Bar(min(at, 0.0), abs(at), signed_text(value, scale), value < 0, low, high)


def _along(value: float, scale: float) -> float:
    return round(HALF * max(-1.0, min(1.0, value / scale)), 1) if scale > 0 else 0.0
