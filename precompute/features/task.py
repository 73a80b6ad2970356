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

from diamond_cutter.precompute.contract.members import subgroup
from diamond_cutter.precompute.dataset.photo import Photo, read_image
from diamond_cutter.precompute.features.key import row_key
from diamond_cutter.precompute.features.store import write_part
from diamond_cutter.precompute.features.view import Augmentation, make_view
from diamond_cutter.precompute.work.unit import PassUnit, failures_told

if TYPE_CHECKING:
    from diamond_cutter.precompute.features.network import PoolingNetwork


class Row(NamedTuple):
    """One view of one photo."""

    photo: Photo
    view: int


@dataclass(frozen=True)
class Unit(PassUnit):
    """What one task makes: a part of a shelf.

    shelf, part: where it is stored, by name. Of `rows` the views of a photo stand together.
    """

    shelf: str
    part: str
    cuts: tuple[str, ...]
    augmentation: Augmentation
    rows: tuple[Row, ...] = field(compare=False)

    @property
    def where(self) -> str:
        """The unit as messages name it."""
        first, last = self.rows[0].photo.path, self.rows[-1].photo.path
        return f"{self.model} photos {first} to {last}"


def store_unit(address: str, threads: int, unit: Unit) -> None:
    """Make a unit's part of the features at `address`.

    `threads` decode and prepare photos ahead of the network.
    Raises `UnitError` if this unit fails, `HitsEverythingError` if all others would.
    """
    with failures_told(unit, address):
        shelf = subgroup(zarr.open_group(address, mode="r+"), unit.shelf)
        keys = [row_key(row.photo.digest, row.view, unit.augmentation) for row in unit.rows]
        write_part(shelf, unit.part, keys, _pool(unit, threads))


def _pool(unit: Unit, threads: int) -> dict[str, NDArray[np.float32]]:
    """The average and maximum of every cut, (n, 2, C) float32, for the n rows of a unit."""
    from diamond_cutter.precompute.features.network import BATCH

    network = _network(unit.model, unit.cuts)
    pooled: dict[str, list[NDArray[np.float32]]] = {cut: [] for cut in unit.cuts}
    waiting: list[NDArray[np.float32]] = []
    left = len(unit.rows)
    for view in _views_ahead(unit, network.size, threads, BATCH):
        waiting.append(view)
        left -= 1
        if len(waiting) == BATCH or not left:
            for cut, values in network.pool(np.stack(waiting)).items():
                pooled[cut].append(values)
            waiting.clear()
    return {cut: np.concatenate(values) for cut, values in pooled.items()}


def _views_ahead(unit: Unit, size: int, threads: int, ahead: int) -> Iterator[NDArray[np.float32]]:
    """The rows of a unit as the network takes them, made by threads up to `ahead` photos before."""
    jobs: deque[Future[list[NDArray[np.float32]]]] = deque()
    executor = ThreadPoolExecutor(threads)
    try:
        for photo, rows in groupby(unit.rows, lambda row: row.photo):
            views = [row.view for row in rows]
            jobs.append(executor.submit(_views, photo, views, size, unit.augmentation))
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
    from diamond_cutter.precompute.backbones import catalogue
    from diamond_cutter.precompute.features.network import PoolingNetwork

    return PoolingNetwork(catalogue.load(model), cuts)
