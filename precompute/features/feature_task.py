"""What a worker does: pass some rows through backbones and store what their cuts make of them."""

from collections import deque
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.features.feature_keys import row_key
from diamond_cutter.precompute.features.photo_views import Augmentation, make_view
from diamond_cutter.precompute.jobs.task import PassTask, failures_told
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.stores.features_store import write_shard
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

if TYPE_CHECKING:
    from diamond_cutter.precompute.features.pooling_network import PoolingNetwork

_Sizes = dict[int, NDArray[np.float32]]
"""A view of a photo at each size that a network takes it in."""


class ViewRow(NamedTuple):
    """One view of one photo."""

    photo: Photo
    view: int


class NamedShard(NamedTuple):
    """What one backbone makes of rows; `namespace` and `name`: where it is stored."""

    network: Network
    cuts: tuple[str, ...]
    namespace: str
    name: str


@dataclass(frozen=True)
class FeatureTask(PassTask):
    """What one task makes: a shard for each backbone of a group, which `models` names.

    Of `rows` the views of a photo stand together.
    """

    models: str
    shards: tuple[NamedShard, ...]
    augmentation: Augmentation
    rows: tuple[ViewRow, ...] = field(compare=False)

    @property
    def group(self) -> tuple[str]:
        """The backbones."""
        return (self.models,)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        first, last = self.rows[0].photo.path, self.rows[-1].photo.path
        return f"{self.models} photos {first} to {last}"


def store_features(address: str, threads: int, task: FeatureTask) -> None:
    """Make a task's shards of the features at `address`.

    `threads` decode and prepare photos ahead of the networks.
    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        store = open_store(address, "r+")
        keys = [row_key(row.photo.digest, row.view, task.augmentation) for row in task.rows]
        for shard, pooled in zip(task.shards, _pool(task, threads), strict=True):
            write_shard(subgroup(store, shard.namespace), shard.name, keys, pooled)


def _pool(task: FeatureTask, threads: int) -> list[dict[str, NDArray[np.float32]]]:
    """For each shard the average and maximum of its cuts, (n, 2, C) float32, for the n rows."""
    from diamond_cutter.precompute.features.pooling_network import BATCH

    networks = _networks(tuple((shard.network, shard.cuts) for shard in task.shards))
    sizes = {network.size for network in networks}
    pooled: list[dict[str, list[NDArray[np.float32]]]] = [
        {cut: [] for cut in shard.cuts} for shard in task.shards
    ]
    waiting: list[_Sizes] = []
    left = len(task.rows)
    for view in _views_ahead(task, sizes, threads, BATCH):
        waiting.append(view)
        left -= 1
        if len(waiting) == BATCH or not left:
            for network, kept in zip(networks, pooled, strict=True):
                batch = np.stack([sized[network.size] for sized in waiting])
                for cut, values in network.pool(batch).items():
                    kept[cut].append(values)
            waiting.clear()
    return [{cut: np.concatenate(values) for cut, values in kept.items()} for kept in pooled]


def _views_ahead(task: FeatureTask, sizes: Set[int], threads: int, ahead: int) -> Iterator[_Sizes]:
    """The rows of a task as the networks take them, made by threads up to `ahead` photos before."""
    jobs: deque[Future[list[_Sizes]]] = deque()
    executor = ThreadPoolExecutor(threads)
    try:
        for photo, rows in groupby(task.rows, lambda row: row.photo):
            views = [row.view for row in rows]
            jobs.append(executor.submit(_views, photo, views, sizes, task.augmentation))
            if len(jobs) > ahead:
                yield from jobs.popleft().result()
        while jobs:
            yield from jobs.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def _views(
    photo: Photo, views: Sequence[int], sizes: Set[int], augmentation: Augmentation
) -> list[_Sizes]:
    image = read_image(photo)
    return [
        {size: make_view(image, size, photo.digest, view, augmentation) for size in sizes}
        for view in views
    ]


@lru_cache(maxsize=1)
def _networks(wanted: tuple[tuple[Network, tuple[str, ...]], ...]) -> "list[PoolingNetwork]":
    """The networks that this worker is on, with the cuts of each; they go when it moves on."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.features.pooling_network import PoolingNetwork

    return [PoolingNetwork(catalogue.load_network(network), cuts) for network, cuts in wanted]
