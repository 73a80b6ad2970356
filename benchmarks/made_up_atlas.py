"""Atlases of random waves to build sites from: one like Lite0, and large ones."""

from dataclasses import dataclass

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.atlas import atlas_writer
from diamond_cutter.precompute.stores.atlas.atlas_layout import (
    CHUNK,
    MADE_ON,
    Layer,
    Level,
    Model,
)

CHANNELS = (32, 16, 24, 24, 40, 40, *[80] * 3, *[112] * 3, *[192] * 4, 320, 1280)
SIDES = (32, 32, 48, 96, *[128] * 14)
WIDTH, DEPTH, SIDE = 320, 40, 48
"""Channels of a layer and layers of a network of a large atlas; side of its pictures in pixels."""
_RECIPE = {"name": "preview", "version": 1, "level": int(Level.PREVIEW)}


@dataclass(frozen=True)
class Pictures:
    images: NDArray[np.uint8]
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]
    made_on: str = ""


def write_atlas(address: str) -> str:
    """Write one of as many channels as Lite0 has, chunk by chunk, as `diamond atlas` does."""
    layers = [
        Layer(f"cut{index}", index, channels, None, None, True)
        for index, channels in enumerate(CHANNELS)
    ]
    described = Model("benchmark", "random waves", "none", 224, 1, 1.0, len(layers))
    model = atlas_writer.prepare_model(atlas_writer.create_atlas(address), described, layers, "")
    rng = np.random.default_rng(0)
    for layer, side in zip(layers, SIDES, strict=True):
        group = atlas_writer.prepare_layer(model, layer, side=side, seed=0, recipe=_RECIPE)
        for chunk in atlas_writer.missing(group, Level.PREVIEW, range(layer.channels)):
            images = waves(rng, min(CHUNK, layer.channels - chunk.start), side)
            score, flag = np.ones(len(images), np.float32), np.zeros(len(images), np.uint8)
            atlas_writer.write_chunk(group, chunk, Pictures(images, score, flag), Level.PREVIEW)
    return address


def write_large_atlas(address: str, channels: int) -> str:
    """Write one of that many channels or a few more, a shard a layer, as published ones are.

    Its pictures are those of the first layer, shifted: each is another, and encoded in as much.
    """
    atlas = atlas_writer.create_atlas(address)
    images = waves(np.random.default_rng(0), WIDTH, SIDE)
    count = -(-channels // WIDTH)
    for start in range(0, count, DEPTH):
        names = [f"block{number}_add" for number in range(min(DEPTH, count - start))]
        layers = [Layer(name, at, WIDTH, None, None, True) for at, name in enumerate(names)]
        name = f"net{start // DEPTH}-lite"
        described = Model(name, "random waves", "none", 224, 1, 1.0, len(layers))
        model = atlas_writer.prepare_model(atlas, described, layers, "")
        for layer in layers:
            shift = divmod(start + layer.index, SIDE)
            _write_layer(model, layer.name, np.roll(images, shift, (1, 2)))
    return address


def _write_layer(model: zarr.Group, name: str, images: NDArray[np.uint8]) -> None:
    attributes = {"recipes": {"preview": _RECIPE}, "seed": 0}
    group = model.create_group(name, attributes=attributes)
    arrays = {
        "images": images,
        "score": np.ones(WIDTH, np.float32),
        "flag": np.zeros(WIDTH, np.uint8),
        "made_on": np.zeros((WIDTH, MADE_ON), np.uint8),
        "level": np.full(WIDTH, Level.PREVIEW, np.uint8),
    }
    for key, values in arrays.items():
        inner = (4 * CHUNK if key == "images" else WIDTH, *values.shape[1:])
        group.create_array(key, data=values, chunks=inner, shards=values.shape)


def waves(rng: np.random.Generator, count: int, side: int) -> NDArray[np.uint8]:
    """(count, side, side, 3) uint8: sums of waves of falling amplitude, as pictures have them."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)) + 1 / side
    spectrum = rng.normal(size=(count, 3, *frequency.shape, 2)) @ (1, 1j) / frequency**1.2
    pictures = np.fft.irfft2(spectrum, (side, side))
    pictures /= pictures.std((2, 3), keepdims=True)
    scaled = 255 / (1 + np.exp(-2 * pictures))
    return scaled.astype(np.uint8).transpose(0, 2, 3, 1)
