"""Stands in for TensorFlow where the atlas is tested: cheap pictures, and ways to fail.

Worker processes import it by name: its folder is on the path of the process that starts them.
"""
# ruff: noqa: ARG001 - every way to render takes the same arguments

import errno
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from diamond_cutter.precompute.contract.atlas import Flag, Layer, Model
from diamond_cutter.precompute.rendering.device import Device
from diamond_cutter.precompute.rendering.pictures import Pictures
from diamond_cutter.precompute.rendering.recipes import canvas_side

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


def load(name: str) -> FakeBackbone:
    info = Model(name, "made up", "fake", input_size=64, parameters=7, gflops=0.1, cuts=3)
    return FakeBackbone(info, LAYERS)


def render(model: Model, layer: Layer, recipe: Any, seed: int, channels: Sequence[int]) -> Pictures:
    """Noise that depends on every argument; channel 5 is dead."""
    side = canvas_side(layer.receptive_field)
    key = [seed, crc32(f"{model.name}/{layer.name}/{recipe.name}".encode())]
    # Like a real batch, a picture depends on its place in it.
    draws = [
        np.random.default_rng([*key, channel, place]) for place, channel in enumerate(channels)
    ]
    return Pictures(
        images=np.stack([draw.integers(0, 256, (side, side, 3), np.uint8) for draw in draws]),
        score=np.array([draw.random() for draw in draws], np.float32),
        flag=np.array([Flag.DEAD if channel == 5 else Flag.NONE for channel in channels], np.uint8),
    )


def render_slowly(
    model: Model, layer: Layer, recipe: Any, seed: int, channels: Sequence[int]
) -> Pictures:
    """Slow enough to be killed in the middle of a run."""
    time.sleep(0.1)
    return render(model, layer, recipe, seed, channels)


def render_without_second_block_chunk(
    model: Model, layer: Layer, recipe: Any, seed: int, channels: Sequence[int]
) -> Pictures:
    if layer.name == "block" and channels[0] == 8:
        raise ArithmeticError(f"no gradient\nat {list(channels)}")
    return render(model, layer, recipe, seed, channels)


def render_deadly_second_block_chunk(
    model: Model, layer: Layer, recipe: Any, seed: int, channels: Sequence[int]
) -> Pictures:
    """Kills its worker, as the system does when memory runs out."""
    if layer.name == "block" and channels[0] == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    return render(model, layer, recipe, seed, channels)


def render_on_full_disk(
    model: Model, layer: Layer, recipe: Any, seed: int, channels: Sequence[int]
) -> Pictures:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def render_nothing(
    model: Model, layer: Layer, recipe: Any, seed: int, channels: Sequence[int]
) -> Pictures:
    raise ArithmeticError("no gradient anywhere")


def render_never(
    model: Model, layer: Layer, recipe: Any, seed: int, channels: Sequence[int]
) -> Pictures:
    """Stands where no rendering may be tried."""
    raise AssertionError("rendered")
