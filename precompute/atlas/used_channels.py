"""Which channels the photos of a study use most: those whose pictures are wanted first."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.attribution.attribution_graphs import CutGraphs, read_graphs
from diamond_cutter.precompute.stores.attribution.attribution_reader import (
    PhotoReader,
    open_explained,
    read_explained,
    read_explained_cut,
    read_sums,
)
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.study.study_reader import open_studies

MOST = 48
"""Channels of a layer that count as used."""

Used = Mapping[tuple[str, str], tuple[int, ...]]
"""For each model and layer its channels, the most used first."""


def find_used(store: str, study: str, most: int = MOST) -> Used:
    """The channels that a study shows, layer by layer: at most `most` of each.

    First those that the cells of its photos name most often, as the most active ones or for and
    against the class in question, those that count most for or against a class in all, and those
    that give most in the graphs of classes.
    Raises `UserError` for a store, or a study, in which nothing is explained, and for a study of
    networks that have other weights by now.
    """
    source = open_explained(open_studies(store), study)
    shares: dict[tuple[str, str], NDArray[np.float32]] = {}
    for model, cut in read_explained(source).cuts:
        explained = read_explained_cut(source, model, cut)
        digest = explained.weights_digest
        if digest and digest != catalogue.network(model).weights_digest:
            raise UserError(
                f"study {study}: expected one of {model} with the weights that it has now, got one "
                f"with others; `diamond study {study}` makes it anew"
            )
        layers = {layer.name: layer for layer in explained.layers}
        named = {name: np.zeros(layer.channels) for name, layer in layers.items()}
        for photo in PhotoReader(source, model, cut):
            for name, view in photo.layers.items():
                for channels in (view.active_channel, view.cell_channel[0]):
                    named[name] += _named(channels, layers[name].channels)
        graphs = read_graphs(subgroup(source.group, f"{model}/{cut}"))
        for name in layers:
            given = np.abs(read_sums(source, model, cut, name).mean).max(axis=0)
            share = np.maximum(_ranks(named[name]), _ranks(given))
            if graphs is not None and name in graphs.layers:
                nodes = _of_nodes(graphs, name, layers[name].channels)
                share = np.maximum(share, np.where(nodes > 0, _ranks(nodes), 0))
            place = model, name
            shares[place] = np.maximum(shares.get(place, np.float32(0)), share)
    return {
        place: tuple(int(channel) for channel in np.argsort(-share, kind="stable")[:most])
        for place, share in shares.items()
    }


def _named(channels: NDArray[np.uint16], count: int) -> NDArray[np.float64]:
    """How often the cells of a photo, (R, Q, n) lists, name each of `count` channels.

    The first of a list counts 1, the second 1/2, and so on.
    """
    weights = np.broadcast_to(1 / np.arange(1, channels.shape[-1] + 1), channels.shape)
    return np.asarray(np.bincount(channels.ravel(), weights.ravel(), count), np.float64)


def _ranks(values: NDArray[Any]) -> NDArray[np.float32]:
    """The share of all channels that each lies above, 0..1, (C,)."""
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return (ranks / max(len(values) - 1, 1)).astype(np.float32)


def _of_nodes(graphs: CutGraphs, layer: str, channels: int) -> NDArray[np.float32]:
    """The most that each channel of a layer gives to a class of whose graph it is a node, (C,)."""
    place = graphs.layers.index(layer)
    node, value = graphs.classes.node[:, place], graphs.classes.value[:, place]
    found = np.zeros(channels, np.float32)
    np.maximum.at(found, node[node >= 0], np.abs(value[node >= 0]))
    return found
