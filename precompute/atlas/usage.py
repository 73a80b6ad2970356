"""Which channels the photos of a study use most: those whose pictures are wanted first."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.contract.attribution import Channels, Sums
from diamond_cutter.precompute.contract.attribution_reader import (
    open_explained,
    read_channels,
    read_explained,
    read_explained_cut,
    read_sums,
)
from diamond_cutter.precompute.contract.study_reader import open_studies

MOST = 48
"""Channels of a layer that count as used."""

Used = Mapping[tuple[str, str], tuple[int, ...]]
"""For each model and layer its channels, the most used first."""


def find_used(store: str, study: str, most: int = MOST) -> Used:
    """The channels that a study shows, layer by layer: at most `most` of each.

    Raises `UserError` for a store, or a study, in which nothing is explained.
    """
    source = open_explained(open_studies(store), study)
    shares: dict[tuple[str, str], NDArray[np.float32]] = {}
    for model, cut in read_explained(source).cuts:
        for layer in read_explained_cut(source, model, cut).layers:
            channels = read_channels(source, model, cut, layer.name)
            share = _share(read_sums(source, model, cut, layer.name), channels)
            place = model, layer.name
            shares[place] = np.maximum(shares.get(place, np.float32(0)), share)
    return {
        place: tuple(int(channel) for channel in np.argsort(-share, kind="stable")[:most])
        for place, share in shares.items()
    }


def _share(sums: Sums, channels: Channels) -> NDArray[np.float32]:
    """How much a channel is used, 0..1 (C,): the mean of its ranks, of those below it.

    By attribution, for or against whichever target it counts most for, and by activation.
    """
    given = np.abs(sums.mean).max(axis=0)
    ranks = [np.argsort(np.argsort(values)) for values in (given, channels.mean)]
    share: NDArray[np.float32] = (np.add(*ranks) / (2 * max(len(given) - 1, 1))).astype(np.float32)
    return share
