"""Whether the weights between cuts are true: judged on photos that they were not found on.

    python benchmarks/circuits.py FOLDER [--model efficientnet-lite0] [--layers block3b_add ...]

Half of a folder's photos tell the weights, the other half judges. `lowers`: the share of channels
that fall further, where the block gives them most, when their five strongest excitatory inputs by
weight are set to their mean than when five others are (the mean of some draws). `raises`: the same
of inhibitory inputs, where the block gives least. `adds`, `takes`: of the inputs that attribution
names, for and against, where the channel is strongest. Chance gives 50 %. `top 5`: the share of the
whole that the five strongest inputs hold, at the median; `smooth`: the correlation of neighbouring
cells of kernels; both with the kernels of the block shuffled, too. `agree`: as `Circuit` has it.
`s`: seconds of a core for all of a layer's channels.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.circuits.circuit_measurement import CircuitMeter
from diamond_cutter.precompute.atlas.statistics_photos import Photos, choose_photos
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.circuit_layout import (
    BLOCK,
    Circuit,
    blocks,
    source_of,
)

Floats = NDArray[np.float32]
INPUTS = 5
DRAWS = 4
"""Of others in the place of the strongest inputs."""
JUDGES = 8
"""Photos on which a channel is judged: those on which it is strongest, or lowest."""
LEAST = 2
"""Cells from the border that a place is taken from."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--layers", nargs="*")
    parser.add_argument("--channels", type=int, default=64, help="of a layer that are judged")
    options = parser.parse_args()
    backbone = catalogue.load(options.model)
    photos = choose_photos(options.folder, Path("data/cache"), lambda *_: None)
    told = Photos(photos.source, photos.digest, photos.files[::2])
    judging = Photos(photos.source, photos.digest, photos.files[1::2])
    pixels = np.stack([prepare(each, backbone.input_size) for each in judging.images(64)])
    names = options.layers or [layer.name for layer in backbone.layers if layer.is_cut]
    heads = ("lowers", "raises", "adds", "takes")
    print(
        f"{'layer':22}" + "".join(f"{head:>8}" for head in heads),
        "  top 5 (shuffled) smooth (shuffled)   agree     s",
    )
    for layer in map(backbone.layer, names):
        source = source_of(backbone.layers, layer)
        if source is not None:
            print(row(backbone, source, layer, told, pixels, options.channels), flush=True)


def row(
    backbone: Backbone, source: Layer, layer: Layer, told: Photos, pixels: Floats, count: int
) -> str:
    """The figures of a layer as a line."""
    start = time.process_time()
    meter = CircuitMeter(backbone, source, layer, told)
    circuits = [
        meter.measure(range(first, min(first + BLOCK, layer.channels)), 64)
        for first in blocks(layer.channels)
    ]
    seconds = time.process_time() - start
    whole = replace(
        circuits[0],
        weight=np.concatenate([each.weight for each in circuits], axis=1),
        attribution=np.concatenate([each.attribution for each in circuits], axis=1),
    )
    channels = np.linspace(0, layer.channels - 1, min(count, layer.channels)).astype(int)
    shares = Judge(backbone, source, layer, pixels).shares(whole, list(channels))
    other = shuffled(backbone, source, layer)
    random = CircuitMeter(other, source, layer, told).measure(range(min(64, layer.channels)), 64)
    return (
        f"{layer.name:22}"
        + "".join(f"{share:8.0%}" for share in shares)
        + f"{held(whole.weight):8.0%} ({held(random.weight):.0%})"
        f"{smoothness(whole):12.2f} ({smoothness(random):.2f})"
        f"{np.mean([circuit.agreement for circuit in circuits]):11.2f}{seconds:6.1f}"
    )


class Judge:
    """What inputs of a layer do to its channels on photos: maps before (n, ...) and after."""

    def __init__(self, backbone: Backbone, source: Layer, layer: Layer, pixels: Floats) -> None:
        self.rest = between(backbone, source.name, layer.name, pre_activation=True)
        network = fold(backbone, [source.name])
        batches = [np.asarray(network(pixels[n : n + 8])) for n in range(0, len(pixels), 8)]
        self.before = np.concatenate(batches)
        self.after = np.concatenate([np.asarray(self.rest(each)) for each in batches])
        self.mean = self.before.mean((0, 1, 2))
        self.random = np.random.default_rng(0)

    def beats_chance(self, strength: Floats, channel: int, block: Floats, sign: int) -> bool | None:
        """Whether a channel falls further without its strongest inputs than without others.

        strength: of its inputs, (I,), the strongest first; None where there are too few above 0.
        block: (n, h, w), where it is largest the channel is judged. sign: -1 for one that rises.
        """
        strongest = np.argsort(-strength)[:INPUTS]
        if (strength[strongest] <= 0).any():
            return None
        edge = LEAST if min(block.shape[1:]) > 3 * LEAST else 0
        inner = block[:, edge : block.shape[1] - edge, edge : block.shape[2] - edge]
        values = inner.reshape(len(inner), -1)
        judges = np.argsort(-values.max(1), kind="stable")[:JUDGES]
        rows, columns = np.unravel_index(values[judges].argmax(1), inner.shape[1:])
        there = np.arange(len(judges)), rows + edge, columns + edge, channel

        def falls(inputs: Floats) -> float:
            changed = self.before[judges].copy()
            changed[..., inputs] = self.mean[inputs]
            fall = self.after[judges][there] - np.asarray(self.rest(changed))[there]
            return float(sign * fall.mean())

        others = np.setdiff1d(np.arange(len(strength)), strongest)
        draws = [self.random.choice(others, INPUTS, replace=False) for _ in range(DRAWS)]
        return falls(strongest) > np.mean([falls(each) for each in draws])

    def shares(self, circuits: Circuit, channels: Sequence[int]) -> list[float]:
        """The shares of channels that beat chance: by weights twice, by attribution twice."""
        won: list[list[bool]] = [[], [], [], []]
        for channel in channels:
            weight, given = circuits.weight[:, channel], circuits.attribution[:, channel]
            block = self.after[..., channel]
            if circuits.has_skip and channel < len(weight):
                block = block - self.before[..., channel]
            asked = [
                (weight, block, 1),
                (-weight, -block, -1),
                (given, self.after[..., channel], 1),
            ]
            asked.append((-given, self.after[..., channel], -1))
            for found, (strength, where, sign) in zip(won, asked, strict=True):
                beats = self.beats_chance(strength, channel, where, sign)
                if beats is not None:
                    found.append(beats)
        return [float(np.mean(each)) if each else float("nan") for each in won]


def shuffled(backbone: Backbone, source: Layer, layer: Layer) -> Backbone:
    """The network with the kernels between two layers shuffled, each in itself."""
    other = catalogue.find(backbone.name).load()
    nodes = other.graph.nodes
    between_them = other.graph.ancestors(layer.name) - other.graph.ancestors(source.name)
    random = np.random.default_rng(0)
    for name in sorted(between_them):
        kernel = getattr(nodes[name].layer, "kernel", None)
        if kernel is not None:
            values = np.asarray(kernel)
            kernel.assign(random.permutation(values.ravel()).reshape(values.shape))
    return other


def held(weight: Floats) -> float:
    """The share of the whole that the strongest inputs of an output hold, at the median."""
    squares = np.sort(weight.astype(np.float64) ** 2, axis=0)[::-1]
    whole = squares.sum(0)
    return float(np.median(squares[:INPUTS].sum(0)[whole > 0] / whole[whole > 0]))


def smoothness(circuit: Circuit) -> float:
    """The correlation of cells of kernels with those beside and below them; NaN of 1 x 1."""
    kernels = circuit.input_kernel.astype(np.float64)
    pairs = [
        (kernels[..., 1:, :], kernels[..., :-1, :]),
        (kernels[..., :, 1:], kernels[..., :, :-1]),
    ]
    one, two = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    return float(one @ two / np.sqrt((one @ one) * (two @ two))) if one.size else float("nan")


if __name__ == "__main__":
    sys.exit(main())
