"""Values of photos for tests, written by the real writer: channels that are known to be alike."""

from dataclasses import replace

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.atlas import atlas_writer
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    PhotoValues,
    read_natural,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Level, Model, Pictures
from diamond_cutter.precompute.stores.store_address import subgroup

PHOTOS = 250
NEAR = Model("near-net", "random", "Tiny", 64, 1_000, 0.1, 2)
NEAR_LAYERS = [Layer("first", 0, 12, 2, 3, True), Layer("second", 1, 30, 4, 19, True)]
FAR = Model("far-net", "random", "Tiny", 64, 1_000, 0.1, 1)
"""Measured on other photos."""
SHIFT = 5
"""Channel c of near-net's first layer is like c + SHIFT of tiny-net's stem, where c is below ..."""
LIKE = 10
"""... this; the others are like none."""
DEAD = 2
"""Of the stem: the same on all photos."""


def signal(channels: int, noise: float, seed: int) -> NDArray[np.float64]:
    """(P, channels): each channel's own signal, one for all layers, with noise of that spread."""
    own = np.random.default_rng(0).normal(size=(PHOTOS, 300))[:, :channels]
    return own + noise * np.random.default_rng(seed).normal(size=own.shape)


def stem_values() -> NDArray[np.float64]:
    """Of tiny-net's stem, (P, 20)."""
    values = signal(20, 0.0, 1)
    values[:, DEAD] = 0
    return values


def first_values() -> NDArray[np.float64]:
    """Of near-net's first layer, (P, 12)."""
    values = np.random.default_rng(3).normal(size=(PHOTOS, 12))
    values[:, :LIKE] = signal(20, 0.5, 4)[:, SHIFT : SHIFT + LIKE]
    return values


def write_values(layer: zarr.Group, pattern: zarr.Group, values: NDArray[np.float64]) -> None:
    """Store statistics like those of a layer of `pattern`, with values (P, C) of its photos."""
    natural = read_natural(pattern)
    assert natural is not None
    photos, channels = values.shape
    parts = {
        name: getattr(natural, name)[:channels]
        for name in (
            *("mean", "spread", "maximum", "best"),
            *("example_photo", "example_value", "example_place", "example_box"),
        )
    }
    parts["spread"] = (values.std(axis=0) > 0).astype(np.float32)
    parts["best"] = (parts["best"] % photos).astype(np.int32)
    parts["example_photo"] = np.where(
        parts["example_photo"] < photos, parts["example_photo"], -1
    ).astype(np.int32)
    digest = natural.digest if photos == PHOTOS else "99" * 32
    paths = natural.paths[:photos]
    measured = replace(natural, photos=photos, paths=paths, digest=digest, **parts)
    places = np.zeros(values.shape, np.uint16)
    kept = PhotoValues(values.astype(np.float16), places, (8, 8))
    atlas_writer.write_natural(layer, measured, None, kept)


def write_likeness(address: str) -> None:
    """Have the small atlas keep values of its photos, and two more models: near-net and far-net."""
    atlas = zarr.open_group(address, mode="r+")
    tiny = subgroup(atlas, "tiny-net")
    pattern = subgroup(tiny, "block1")
    block = signal(300, 1.0, 2)
    write_values(subgroup(tiny, "stem"), pattern, stem_values())
    write_values(pattern, pattern, block)
    recipe = tiny["stem"].attrs.asdict()["recipes"]["preview"]
    for model, layers in ((NEAR, NEAR_LAYERS), (FAR, NEAR_LAYERS[:1])):
        group = atlas_writer.prepare_model(atlas, model, layers, "77" * 32)
        for layer in layers:
            side, count = 8, layer.channels
            made = atlas_writer.prepare_layer(group, layer, side=side, seed=5, recipe=recipe)
            for chunk in atlas_writer.missing(made, Level.PREVIEW, range(count)):
                inside = min(CHUNK, count - chunk.start)
                pictures = Pictures(
                    np.full((inside, side, side, 3), 90, np.uint8),
                    np.ones(inside, np.float32),
                    np.zeros(inside, np.uint8),
                )
                atlas_writer.write_chunk(made, chunk, pictures, Level.PREVIEW)
            values = first_values() if layer.name == "first" else signal(count, 1.0, 5)
            write_values(made, pattern, values)
    subgroup(atlas, "far-net/first/natural").attrs.update({"digest": "77" * 32})
