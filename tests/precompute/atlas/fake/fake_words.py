"""Stands in for TensorFlow where channels get words: what networks make of named photos.

Workers import it by name, as `fake_pictures`.
"""
# ruff: noqa: ARG001 - every way to measure, to observe and to judge takes the same arguments

from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.activation_moments import Measured, Moments
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence
from diamond_cutter.precompute.stores.network import Network

CLASSES = ("ant", "bee", "cat", "dog")


def seen(files: Sequence[Photo], digits: int = 7) -> NDArray[np.float32]:
    """How much of each class is in photos, (N, 4), by their digests."""
    rows = [np.random.default_rng(int(file.digest[:digits], 16)).normal(size=4) for file in files]
    return np.array(rows, np.float32)


def measure(
    network: Network, layers: Sequence[Layer], side: int, photos: Photos
) -> Iterator[Measured]:
    """Channels 0 to 3 see the class of their number, 4 the label, 5 what is red; others nothing.

    With noise that depends on the layer.
    """
    label = np.array([file.label for file in photos.files], np.float32)
    red = np.array([read_image(file)[..., 0].mean() / 255 for file in photos.files], np.float32)
    for layer in layers:
        moments = Moments(layer.channels)
        draw = np.random.default_rng(crc32(layer.name.encode()))
        values = draw.normal(size=(len(photos.files), 1, 1, layer.channels)).astype(np.float32)
        values[:, 0, 0, :4] += 5 * seen(photos.files)
        values[:, 0, 0, 4] += 3 * label
        values[:, 0, 0, 5] += 20 * red
        moments.add(values, values[:, 0, 0])
        yield moments.finish(photos, side, layer.receptive_field)


def observe(
    network: Network, files: Sequence[Photo]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    return CLASSES, seen(files)


def observe_first(
    network: Network, files: Sequence[Photo]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Fails for all blocks but whole ones."""
    if len(files) < 128:
        raise ArithmeticError("no class anywhere")
    return observe(network, files)


def observe_rest(
    network: Network, files: Sequence[Photo]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Stands where no whole block may be observed again."""
    if len(files) == 128:
        raise AssertionError("observed")
    return observe(network, files)


def observe_never(network: Network, files: Sequence[Photo]) -> Any:
    """Stands where nothing may be observed."""
    raise AssertionError("observed")


def judge(observer: Network, *asked: Any) -> Evidence:
    """Nothing of any channel."""
    count = asked[-1].channels
    none, pairs = np.full(count, np.nan, np.float32), np.full((count, 2), np.nan, np.float32)
    return Evidence(observer.name, 9, none, pairs, none, pairs, np.ones(count, np.uint8))
