"""An atlas for tests with all that a layer can have, written by the real writers."""

from collections.abc import Sequence

import numpy as np
import zarr
from sample_circuit import make_kernels, write_circuits

from diamond_cutter.precompute.stores.atlas import atlas_writer
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    PHOTO_SIDE,
    ActivationStatistics,
    PhotoValues,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Level, Model, Pictures
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence, write_evidence
from diamond_cutter.precompute.stores.atlas.model_list import Listed
from diamond_cutter.precompute.stores.atlas.word_layout import KINDS, Words, write_words
from diamond_cutter.precompute.stores.network import Network

WEIGHTS = "7e" * 32
PHOTOS = "3a" * 32
COUNT = 100
"""Photos."""
RECIPE = {"name": "preview", "version": 6, "level": 1, "phases": [{"steps": 40}], "base": None}
OBSERVER = Network("observer-net", "2b" * 32)


def write_whole_atlas(
    address: str, model: Model, layers: Sequence[Layer], sides: dict[str, int], made_on: str = "CPU"
) -> None:
    """An atlas of a model with all of these layers, each weighed by the cut before it."""
    atlas = atlas_writer.create_atlas(address)
    atlas_writer.write_catalogue(atlas, [Listed(model, "here", tuple(layers))])
    group = atlas_writer.prepare_model(atlas, model, layers, WEIGHTS)
    before: Layer | None = None
    for layer in layers:
        side = sides[layer.name]
        stored = atlas_writer.prepare_layer(group, layer, side=side, seed=3, recipe=RECIPE)
        write_pictures(stored, layer.channels, side, made_on)
        write_all(stored, layer, before)
        before = layer if layer.is_cut else before
    squares = (np.full((PHOTO_SIDE, PHOTO_SIDE, 3), n, np.uint8) for n in range(COUNT))
    atlas_writer.write_photo_pictures(atlas, PHOTOS, squares, COUNT)


def write_pictures(layer: zarr.Group, channels: int, side: int, made_on: str) -> None:
    """Pictures of noise, that of a channel its own; all at preview, the last one not made."""
    generator = np.random.default_rng(channels)
    images = generator.integers(0, 256, (channels, side, side, 3), np.uint8)
    chunk = atlas_writer.Chunk(0, tuple(range(channels - 1)), channels)
    score = np.arange(channels, dtype=np.float32)
    pictures = Pictures(images, score, (score % 7 == 3).astype(np.uint8), made_on)
    atlas_writer.write_chunk(layer, chunk, pictures, Level.PREVIEW)


def write_all(layer: zarr.Group, about: Layer, before: Layer | None) -> None:
    """Natural statistics with covariance and values, circuits, words of each kind, evidence."""
    count = about.channels
    generator = np.random.default_rng(count + 1)
    numbers = np.arange(count)
    natural = ActivationStatistics(
        photos=COUNT,
        source="holidays",
        digest=PHOTOS,
        paths=tuple(f"beach/{n}.jpg" for n in range(COUNT)),
        mean=generator.normal(size=count).astype(np.float32),
        spread=np.ones(count, np.float32),
        maximum=np.full(count, 2, np.float32),
        best=(numbers % COUNT).astype(np.int32),
        side=64,
        example_photo=np.tile((numbers % COUNT)[:, None], 6).astype(np.int32),
        example_value=np.ones((count, 6), np.float32),
        example_place=np.full((count, 6, 2), 8, np.int32),
        example_box=np.tile(np.array([0, 0, 16, 16], np.int32), (count, 6, 1)),
    )
    values = PhotoValues(
        generator.normal(size=(COUNT, count)).astype(np.float16),
        generator.integers(0, 16, (COUNT, count)).astype(np.uint16),
        (4, 4),
    )
    covariance = generator.normal(size=(count, count)).astype(np.float32)
    atlas_writer.write_natural(layer, natural, covariance, values)
    if before is not None:
        write_circuits(layer, before.name, make_kernels(before.channels, count, 1))
    for kind in KINDS:
        word = np.tile(np.array([0, 1, -1, -1, -1], np.int32), (count, 1))
        share = np.tile(np.array([0.5, 0.25, 0, 0, 0], np.float32), (count, 1))
        words = Words(
            kind=kind,
            source="someone",
            names=("sea", "sand"),
            judged=COUNT // 2,
            strongest=5,
            concepts="9c" * 32,
            photos=PHOTOS,
            word=word,
            share=share,
            interval=np.stack([share, share], axis=2),
            chance=np.where(word < 0, 0, 0.1).astype(np.float32),
        )
        write_words(layer, words)
    share = generator.random(count).astype(np.float32)
    interval = np.stack([share, share], axis=1)
    level = np.asarray(layer["level"][:], np.uint8)
    evidence = Evidence("observer-net", 64, share, interval, share, interval, level)
    write_evidence(layer, evidence, OBSERVER, PHOTOS)
