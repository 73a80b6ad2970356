"""What a worker does: pass some rows through a backbone and store what its cuts make of them."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.features.feature_keys import row_key
from diamond_cutter.precompute.features.photo_views import Augmentation, make_view
from diamond_cutter.precompute.jobs.task import PassTask, failures_told
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.stores.features_store import write_shard
from diamond_cutter.precompute.stores.store_address import subgroup

if TYPE_CHECKING:
    from diamond_cutter.precompute.features.pooling_network import PoolingNetwork


class ViewRow(NamedTuple):
    """One view of one photo."""

    photo: Photo
    view: int


@dataclass(frozen=True)
class FeatureTask(PassTask):
    """What one task makes: a part of a namespace.

    namespace, part: where it is stored, by name. Of `rows` the views of a photo stand together.
    """

    namespace: str
    part: str
    cuts: tuple[str, ...]
    augmentation: Augmentation
    rows: tuple[ViewRow, ...] = field(compare=False)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        first, last = self.rows[0].photo.path, self.rows[-1].photo.path
        return f"{self.model} photos {first} to {last}"


def store_features(address: str, threads: int, task: FeatureTask) -> None:
    """Make a task's part of the features at `address`.

    `threads` decode and prepare photos ahead of the network.
    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        namespace = subgroup(zarr.open_group(address, mode="r+"), task.namespace)
        keys = [row_key(row.photo.digest, row.view, task.augmentation) for row in task.rows]
        write_shard(namespace, task.part, keys, _pool(task, threads))


def _pool(task: FeatureTask, threads: int) -> dict[str, NDArray[np.float32]]:
    """The average and maximum of every cut, (n, 2, C) float32, for the n rows of a task."""
    from diamond_cutter.precompute.features.pooling_network import BATCH

    network = _network(task.model, task.cuts)
    pooled: dict[str, list[NDArray[np.float32]]] = {cut: [] for cut in task.cuts}
    waiting: list[NDArray[np.float32]] = []
    left = len(task.rows)
    for view in _views_ahead(task, network.size, threads, BATCH):
        waiting.append(view)
        left -= 1
        if len(waiting) == BATCH or not left:
            for cut, values in network.pool(np.stack(waiting)).items():
                pooled[cut].append(values)
            waiting.clear()
    return {cut: np.concatenate(values) for cut, values in pooled.items()}


def _views_ahead(
    task: FeatureTask, size: int, threads: int, ahead: int
) -> Iterator[NDArray[np.float32]]:
    """The rows of a task as the network takes them, made by threads up to `ahead` photos before."""
    jobs: deque[Future[list[NDArray[np.float32]]]] = deque()
    executor = ThreadPoolExecutor(threads)
    try:
        for photo, rows in groupby(task.rows, lambda row: row.photo):
            views = [row.view for row in rows]
            jobs.append(executor.submit(_views, photo, views, size, task.augmentation))
            if len(jobs) > ahead:
                yield from jobs.popleft().result()
        while jobs:
            yield from jobs.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def _views(
    photo: Photo, views: Sequence[int], size: int, augmentation: Augmentation
) -> list[NDArray[np.float32]]:
    image = read_image(photo)
    return [make_view(image, size, photo.digest, view, augmentation) for view in views]


@lru_cache(maxsize=1)
def _network(model: str, cuts: tuple[str, ...]) -> "PoolingNetwork":
    """The network that this worker is on; its graph goes when it moves on."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.features.pooling_network import PoolingNetwork

    return PoolingNetwork(catalogue.load(model), cuts)
