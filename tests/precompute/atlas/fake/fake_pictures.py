"""Stands in for TensorFlow where the atlas is tested: cheap pictures and figures, ways to fail.

Worker processes import it by name: its folder is on the path of the process that starts them.
"""
# ruff: noqa: ARG001 - every way to render, or to measure, takes the same arguments

import errno
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.activation_moments import Measured, Moments
from diamond_cutter.precompute.atlas.circuits.circuit_ranking import rank
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.rendering.backend.device import Device
from diamond_cutter.precompute.rendering.recipes import canvas_side
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Layer, Model, Pictures
from diamond_cutter.precompute.stores.atlas.circuit_layout import Circuit
from diamond_cutter.precompute.stores.network import Network

LAYERS = (
    Layer("stem", 0, channels=20, stride=2, receptive_field=3, is_cut=True),
    Layer("inner", 1, channels=9, stride=2, receptive_field=7, is_cut=False),
    Layer("block", 2, channels=16, stride=4, receptive_field=11, is_cut=True),
    Layer("head", 3, channels=43, stride=8, receptive_field=40, is_cut=True),
)
CHANNELS_OF_CUTS = 20 + 16 + 43

GPU = Device("Toy", "tensorflow", is_gpu=True, memory=2 * 2**30)
"""Takes all 20 channels of the stem at once, and 16 of the others."""


@dataclass(frozen=True)
class FakeBackbone:
    info: Model
    layers: tuple[Layer, ...]
    weights_digest: str = "5d" * 32

    @property
    def network(self) -> Network:
        return Network(self.info.name, self.weights_digest)


def load(name: str) -> FakeBackbone:
    info = Model(name, "made up", "fake", input_size=64, parameters=7, gflops=0.1, cuts=3)
    return FakeBackbone(info, LAYERS)


def render(
    network: Network,
    layer: Layer,
    recipe: Any,
    seed: int,
    channels: Sequence[int],
    begun: Any = None,
    plan: Any = None,
) -> Pictures:
    """Noise that depends on every argument, less of it on what was begun; channel 5 is dead."""
    if recipe.base and begun is None:
        begun = render(network, layer, recipe.base, seed, channels).images
    side = canvas_side(layer.receptive_field)
    key = [seed, crc32(f"{network.name}/{layer.name}/{recipe.name}".encode())]
    # Like a real batch, a picture depends on its place in it.
    draws = [
        np.random.default_rng([*key, channel, place]) for place, channel in enumerate(channels)
    ]
    images = np.stack([draw.integers(0, 256, (side, side, 3), np.uint8) for draw in draws])
    return Pictures(
        images=images if begun is None else images // 2 + begun // 2,
        score=np.array([draw.random() for draw in draws], np.float32),
        flag=np.array([Flag.DEAD if channel == 5 else Flag.NONE for channel in channels], np.uint8),
    )


def measure(
    network: Network, layers: Sequence[Layer], side: int, photos: Photos
) -> Iterator[Measured]:
    """Of three made-up photos in place of those named; depends on every argument."""
    for layer in layers:
        moments = Moments(layer.channels)
        draw = np.random.default_rng([side, crc32(f"{network.name}/{layer.name}".encode())])
        shape = (3, 2, 2, layer.channels)
        moments.add(draw.random(shape, np.float32), draw.random((3, layer.channels), np.float32))
        yield moments.finish(photos, side, layer.receptive_field)


def measure_slowly(
    network: Network, layers: Sequence[Layer], side: int, photos: Photos
) -> Iterator[Measured]:
    """Slow enough to be killed in the middle of a pass."""
    for measured in measure(network, layers, side, photos):
        time.sleep(0.1)
        yield measured


def measure_nothing(
    network: Network, layers: Sequence[Layer], side: int, photos: Photos
) -> Iterator[Measured]:
    raise ArithmeticError(f"no photo for {layers[0].name}")


def measure_never(
    network: Network, layers: Sequence[Layer], side: int, photos: Photos
) -> Iterator[Measured]:
    """Stands where nothing may be measured."""
    raise AssertionError("measured")


def weigh(
    network: Network, source: Layer, layer: Layer, outputs: range, photos: Photos, kept: int
) -> Circuit:
    """Made-up kernels of 3 x 3 cells; depends on every argument."""
    name = f"{network.name}/{source.name}/{layer.name}/{photos.digest}"
    draw = np.random.default_rng([outputs.start, crc32(name.encode())])
    kernels = draw.normal(size=(len(outputs), 3, 3, source.channels)).astype(np.float32)
    return circuit_of(source.name, kernels, outputs, kept)


def circuit_of(source: str, kernels: NDArray[np.float32], outputs: range, kept: int) -> Circuit:
    """The circuit of kernels (O, 3, 3, I); each output has the depthwise kernel of its number."""
    return Circuit(
        source=source,
        offset=(-1, -1),
        stride=(2, 2),
        is_linear=False,
        agreement=0.5,
        has_skip=False,
        attribution=kernels.sum((1, 2)).T.copy(),
        skip=np.full(len(outputs), np.nan, np.float32),
        depthwise="inner",
        depthwise_channel=np.array(outputs, np.uint16)[:, None],
        depthwise_share=np.ones((len(outputs), 1), np.float32),
        depthwise_kernel=kernels[..., 0][:, None].astype(np.float16),
        **rank(kernels, outputs, kept),
    )


def render_slowly(*asked: Any) -> Pictures:
    """Slow enough to be killed in the middle of a run."""
    time.sleep(0.1)
    return render(*asked)


def render_without_second_block_chunk(*asked: Any) -> Pictures:
    if is_second_of_block(*asked):
        raise ArithmeticError(f"no gradient\nat {list(asked[4])}")
    return render(*asked)


def render_deadly_second_block_chunk(*asked: Any) -> Pictures:
    """Kills its worker, as the system does when memory runs out."""
    if is_second_of_block(*asked):
        os.kill(os.getpid(), signal.SIGKILL)
    return render(*asked)


def is_second_of_block(
    _network: Network, layer: Layer, _recipe: Any, _seed: int, channels: Sequence[int], *_rest: Any
) -> bool:
    return layer.name == "block" and channels[0] == 8


def render_on_full_disk(*asked: Any) -> Pictures:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill_disk_after_first(atlas: Path, *asked: Any) -> Pictures:
    """Uses up the disk on which an atlas lies, once a chunk is stored there."""
    if any(atlas.glob("*/*/level/c/*")):
        with suppress(OSError), (atlas.parent / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    return render(*asked)


def render_by_ticket(tickets: Path, *asked: Any) -> Pictures:
    """Slowly, and no more chunks than there are files in a folder; any number where it is none."""
    while tickets.is_dir():
        for ticket in tickets.iterdir():
            with suppress(FileNotFoundError):  # another worker was first
                ticket.unlink()
                return render_slowly(*asked)
        time.sleep(0.01)
    return render_slowly(*asked)


def render_nothing(*asked: Any) -> Pictures:
    raise ArithmeticError("no gradient anywhere")


def render_from_what_is_there(
    network: Network,
    layer: Layer,
    recipe: Any,
    seed: int,
    channels: Sequence[int],
    begun: Any,
    *_rest: Any,
) -> Pictures:
    if recipe.base and begun is None:
        raise AssertionError(f"expected the pictures of {recipe.base.name}")
    return render(network, layer, recipe, seed, channels, begun)


def render_never(*asked: Any) -> Pictures:
    """Stands where no rendering may be tried."""
    raise AssertionError("rendered")
