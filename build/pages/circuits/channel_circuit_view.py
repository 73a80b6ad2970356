"""What a channel is made of and what it feeds, as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.charts.weight_kernel import Kernel, draw_kernel, shown_window
from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.page_text import number, percent, signed_text, whole_percent
from diamond_cutter.build.rendered_atlas import ModelAtlas
from diamond_cutter.build.tiles.channel_tiles import Tile, linked_tile
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.circuit_layout import Circuit

AGREEMENTS = ((0.95, "closely"), (0.8, "well"), (0.5, "roughly"), (-1.0, "hardly"))
"""From which correlation on halves of the photos agree so in the kernels."""

TELLING = 0.1
"""Of the most that any input gives to a channel, what one that tells anything gives at least."""


@dataclass(frozen=True)
class Connection:
    """A channel of another cut that excites or inhibits, or is excited or inhibited.

    weight: as text, with its sign. share: of all squared weights, as text. disagrees: whether it
    takes away where what it leads to is strongest on photos: what excites is low, what inhibits
    high there.
    """

    tile: Tile
    kernel: Kernel
    weight: str
    share: str
    disagrees: bool


@dataclass(frozen=True)
class DepthwiseKernel:
    """A channel of a depthwise convolution: its kernel, and what of the channel goes by it.

    scale: the kernel's largest weight, to which it is drawn. sign: "+" or "\N{MINUS SIGN}".
    """

    tile: Tile
    kernel: Kernel
    scale: float
    sign: str
    share: str


@dataclass(frozen=True)
class DepthwiseKernels:
    """The depthwise kernels that a channel changes most with; `told`: which they are, in words."""

    told: str
    ones: tuple[DepthwiseKernel, ...]


@dataclass(frozen=True)
class Connections:
    """The strongest weights on one side of a channel, each sign by itself, the strongest first.

    layer, href: the other cut and its page, empty where the atlas has none. matrix: address of all
    weights of the two. held: how much of all weights these hold, and how exact they are, in words.
    size: of the kernels, in words. skip: how much comes by the skip, in words; empty without one.
    disagree: whether any is against what photos say. depthwise: those between the two cuts; None
    where there are none, and of what is fed.
    """

    layer: str
    href: str
    matrix: str
    held: str
    size: str
    skip: str
    excites: tuple[Connection, ...]
    inhibits: tuple[Connection, ...]
    disagree: bool
    depthwise: DepthwiseKernels | None


@dataclass(frozen=True)
class ChannelCircuit:
    """A channel between two cuts; `scale`: the largest weight of all its kernels, 0 for none."""

    scale: float
    made_of: Connections | None
    feeds: Connections | None


def channel_circuit(
    model: ModelAtlas, circuits: LayerCircuits, channel: int
) -> ChannelCircuit | None:
    """The circuit of a channel of the layer that `circuits` are of; None where there is none."""
    before, after = circuits.made_of, circuits.feeds
    if before is None and after is None:
        return None
    kernels = [
        *([] if before is None else [before.input_kernel[channel]]),
        *([] if after is None else [after.output_kernel[channel]]),
    ]
    scale = max(float(np.abs(each.astype(float)).max(initial=0)) for each in kernels)
    made_of = feeds = None
    if before is not None and circuits.source is not None:
        numbers = before.inputs[channel].astype(int)
        given = before.attribution[:, channel]
        opposes = _opposes(given[numbers], np.abs(given).max(initial=0))
        side = _Side(before, before.weight[:, channel], numbers, opposes)
        kept = before.input_kernel[channel]
        skip = _skip(before, channel, circuits.source.name)
        made_of = _connections(model, side, circuits.source, kept, scale, skip, "../weights/")
        made_of = replace(made_of, depthwise=_depthwise(model, before, channel))
    if after is not None and circuits.target is not None:
        numbers = after.outputs[channel].astype(int)
        given = after.attribution[:, numbers]
        opposes = _opposes(given[channel], np.abs(given).max(axis=0))
        side = _Side(after, after.weight[channel], numbers, opposes)
        kept = after.output_kernel[channel]
        matrix = f"../../{circuits.target.name}/weights/"
        feeds = _connections(model, side, circuits.target, kept, scale, "", matrix)
    return ChannelCircuit(scale, made_of, feeds)


def exactness(circuit: Circuit) -> str:
    """How exact the weights of a circuit are, in words."""
    if circuit.is_linear:
        return "The weights are exact: nothing bends between the two cuts."
    how = next(word for least, word in AGREEMENTS if circuit.agreement >= least)
    return (
        "Between the two cuts there are nonlinearities: the weights are means over photos, halves "
        f"of which {how} agree (correlation {circuit.agreement:.2f})."
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """One side of a channel: its weights (C,), the K strongest of them by number, which oppose."""

    circuit: Circuit
    weight: NDArray[np.float32]
    numbers: NDArray[np.int_]
    opposes: NDArray[np.bool_]


def _opposes(given: NDArray[np.float32], peak: "NDArray[np.float32] | float") -> NDArray[np.bool_]:
    """Whether what is given on photos is below zero, and at least `TELLING` of the `peak`."""
    opposes: NDArray[np.bool_] = (given < 0) & (-given >= TELLING * peak)
    return opposes


def _connections(
    model: ModelAtlas,
    side: _Side,
    other: Layer,
    kernels: NDArray[np.float16],
    scale: float,
    skip: str,
    matrix: str,
) -> Connections:
    rendered = next((each for each in model.rendered if each.layer == other), None)
    base = f"../../{other.name}/"
    squares = side.weight.astype(float) ** 2
    whole = float(squares.sum())
    largest = float(np.abs(side.weight).max())
    rows, columns = shown_window(kernels)
    excites, inhibits = list[Connection](), list[Connection]()
    kept = np.flatnonzero(kernels.any(axis=(1, 2)))
    for at in kept.tolist():
        number_of_it = int(side.numbers[at])
        weight = float(side.weight[number_of_it])
        one = Connection(
            linked_tile(number_of_it, other.name, rendered, base),
            draw_kernel(kernels[at, rows, columns], scale),
            signed_text(weight, largest),
            percent(squares[number_of_it] / whole),
            bool(side.opposes[at]),
        )
        (excites if weight > 0 else inhibits).append(one)
    shown = float(squares[side.numbers[kept]].sum()) / whole if whole else 0.0
    return Connections(
        layer=other.name,
        href=base if rendered else "",
        matrix=matrix,
        held=_held(len(kept), len(squares), shown) + " " + exactness(side.circuit),
        size=_size(kernels, rows, columns),
        skip=skip,
        excites=tuple(excites),
        inhibits=tuple(inhibits),
        disagree=bool(side.opposes[kept].any()),
        depthwise=None,
    )


def _depthwise(model: ModelAtlas, circuit: Circuit, channel: int) -> DepthwiseKernels | None:
    """The depthwise kernels that a channel changes with."""
    name, shares = circuit.depthwise, circuit.depthwise_share[channel]
    changing = np.flatnonzero(shares)
    if not len(changing):
        return None
    rendered = next((each for each in model.rendered if each.layer.name == name), None)
    ones = []
    for at in changing.tolist():
        values = circuit.depthwise_kernel[channel, at].astype(float)
        scale = float(np.abs(values).max()) or 1.0
        one = DepthwiseKernel(
            linked_tile(
                int(circuit.depthwise_channel[channel, at]), name, rendered, f"../../{name}/"
            ),
            draw_kernel(values, scale),
            scale,
            "+" if shares[at] > 0 else "\N{MINUS SIGN}",
            percent(abs(float(shares[at]))),
        )
        ones.append(one)
    told = f"This channel is made by the depthwise kernel of its number in {name}."
    if len(ones) > 1:
        told = (
            f"{name} looks around by a depthwise kernel for each of its channels. This channel "
            f"changes most with these {len(ones)}, which hold "
            f"{whole_percent(float(np.abs(shares).sum()))} of all such changes, squared. Each "
            "is drawn to its own scale. With + this channel rises with what it gives, with "
            "\N{MINUS SIGN} it falls: then an inhibiting kernel excites."
        )
    return DepthwiseKernels(told, tuple(ones))


def _held(count: int, channels: int, share: float) -> str:
    if not count:
        return f"None of {number(channels, 'channel')} has any weight here."
    if count == channels:
        return f"These are all {number(channels, 'channel')}."
    return (
        f"These are the {count} strongest of {number(channels, 'channel')}; they hold "
        f"{whole_percent(share)} of all weights, squared."
    )


def _size(kernels: NDArray[Any], rows: slice, columns: slice) -> str:
    height, width = kernels.shape[1:]
    size = f"{height} \N{MULTIPLICATION SIGN} {width} cells"
    parts: Sequence[slice] = (rows, columns)
    shown = [part.stop - part.start for part in parts]
    if shown == [height, width]:
        return size
    squares = kernels.astype(float) ** 2
    share = float(squares[:, rows, columns].sum() / (squares.sum() or 1))
    return (
        f"{size}, of which the {shown[0]} \N{MULTIPLICATION SIGN} {shown[1]} are shown that hold "
        f"{whole_percent(share)}"
    )


def _skip(circuit: Circuit, channel: int, source: str) -> str:
    share = float(circuit.skip[channel])
    if isnan(share):
        return ""
    unchanged = f"by the skip, unchanged from channel {channel} of {source}"
    if share < 0:
        return f"What comes {unchanged}, the block more than undoes, by these weights."
    if share > 1:
        return (
            f"This channel comes {unchanged}; the block takes a part of it back, by these weights."
        )
    return (
        f"{whole_percent(share)} of this channel comes {unchanged}; the block changes the rest, by "
        "these weights."
    )
