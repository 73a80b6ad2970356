"""One pass of each photo through the backbones: what heads are trained on, kept in the store.

Backbones go together, so that a photo is decoded once for all of them: one of 12 megapixels takes
80 ms to decode, as long as to prepare; one of 256 x 192 takes less than 1 ms, of which nothing is
seen in a pass (`benchmarks/decoding.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Protocol

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.features.feature_keys import namespace_of, row_key
from diamond_cutter.precompute.features.feature_task import (
    FeatureTask,
    NamedShard,
    ViewRow,
    store_features,
)
from diamond_cutter.precompute.features.photo_views import KINDS, Augmentation
from diamond_cutter.precompute.jobs.cluster import Workers, check_workers
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.jobs.execution import execute_tasks, worker_count
from diamond_cutter.precompute.jobs.interrupt import terminated_as_interrupted
from diamond_cutter.precompute.jobs.task import TaskGroup
from diamond_cutter.precompute.photos.photo import Photo
from diamond_cutter.precompute.stores.features_store import (
    POOLINGS,
    Features,
    Index,
    as_keys,
    create_features,
    create_namespace,
    shard_name,
)
from diamond_cutter.precompute.stores.local_folder import check_folder, exclusive
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.shards import Namespace
from diamond_cutter.precompute.stores.store_address import Naming, StoreAddress, locate, subgroup

FEATURES = Naming(
    kind="features",
    noun="features store",
    contents="features",
    setting="features",
    writer="`diamond study` is writing to it",
)
ROWS = 128
"""Rows of a shard, and so of a task: the most that a kill loses of each worker's work."""

UNKNOWN = 5.0
"""GFLOPs of a network that the catalogue does not know them of: about a ResNet50's."""

CUT_BYTES = 2_000
"""About what a cut of a row takes in the store."""

TOGETHER = 100_000_000
"""Parameters, at most, of backbones that go together: a worker holds them all, each twice."""

Networks = Sequence[tuple[Network, Sequence[str]]]
"""Backbones, each with the names of the cuts asked for."""


class FeatureSettings(Workers, Protocol):
    """What features are made, where they are kept, and by what."""

    @property
    def features(self) -> str:
        """The store: a folder or any fsspec address."""

    @property
    def pooling(self) -> str:
        """What is read: "average", "maximum" or "both"."""

    @property
    def views(self) -> int:
        """Augmented views of each photo besides the photo itself."""

    @property
    def augment(self) -> Sequence[str]:
        """What augmented views change, of `view.KINDS`."""

    @property
    def seed(self) -> int:
        """The seed of the views."""


def check_features(settings: FeatureSettings) -> StoreAddress:
    """Refuse settings of which no features can be made; where the store is or will be."""
    check_workers(settings)
    if settings.pooling not in POOLINGS:
        known = ", ".join(repr(name) for name in POOLINGS)
        raise UserError(f"pooling: expected one of {known}, got {settings.pooling!r}; mend it")
    if settings.views < 0:
        raise UserError(f"views: expected 0 or more, got {settings.views}; mend the value")
    for kind in settings.augment:
        if kind not in KINDS:
            known = ", ".join(repr(name) for name in KINDS)
            raise UserError(f"augment: expected some of {known}, got {kind!r}; mend the value")
    if settings.views and not settings.augment:
        raise UserError(
            f"augment: expected something that {settings.views} views change, got nothing; name "
            "some, or set views to 0"
        )
    return locate(settings.features, FEATURES)


def extract(
    networks: Networks, photos: Sequence[Photo], settings: FeatureSettings, display: Display
) -> Features:
    """Make the features of `photos` that the store does not have yet.

    What was made is kept at an interrupt and a kill at any moment. Raises `UserError` for what
    the user can mend: before anything is made, for what hits every photo alike, and, when all
    others are done, for photos that failed.
    """
    with extraction(photos, settings, display) as make:
        return make(networks)


@contextmanager
def extraction(
    photos: Sequence[Photo], settings: FeatureSettings, display: Display
) -> Iterator[Callable[[Networks], Features]]:
    """What makes features as `extract` does, of some networks and then of others.

    Until it is left, no other process writes to the store.
    """
    store_address = check_features(settings)
    with ExitStack() as stack:
        stack.enter_context(terminated_as_interrupted())
        stack.enter_context(store_address.reached())
        if store_address.folder is not None:
            with store_address.writing():
                stack.enter_context(exclusive(store_address.folder, FEATURES))
        yield partial(_extract, photos, settings, display, store_address)


def missing_photos(
    network: Network, cuts: Sequence[str], photos: Sequence[Photo], settings: FeatureSettings
) -> int:
    """Of how many photos the store lacks features of some of the cuts, or of some views."""
    namespace = namespace_of(network, catalogue.describe(network.name)[0].input_size)
    index = _indices(check_features(settings).find(), {network.name: namespace})[network.name]
    keys = _keys(photos, settings).reshape(-1)
    there = np.all([index.has(cut, keys) for cut in cuts], axis=0)
    return int((~there.reshape(len(photos), -1)).any(axis=1).sum())


def _extract(
    photos: Sequence[Photo],
    settings: FeatureSettings,
    display: Display,
    store_address: StoreAddress,
    networks: Networks,
) -> Features:
    augmentation = Augmentation(tuple(settings.augment), settings.seed)
    namespaces = {
        network.name: namespace_of(network, catalogue.describe(network.name)[0].input_size)
        for network, _ in networks
    }
    indices = _indices(store_address.find(), namespaces)
    rows = _rows(photos, 1 + settings.views, augmentation)
    groups = _groups(networks, len(rows), settings)
    tasks = list(_tasks(groups, rows, augmentation, namespaces, indices))
    if tasks:
        _prepare(store_address, namespaces.values(), tasks)
        totals: dict[TaskGroup, int] = {(_names(group),): len(rows) for group in groups}
        noun = "views" if settings.views else "photos"
        execute_tasks(
            store_features, tasks, totals, store_address, settings, display, "features", noun
        )
        indices = _indices(store_address.open(), namespaces)
    return Features(_keys(photos, settings), indices, settings.pooling)


def _keys(photos: Sequence[Photo], settings: FeatureSettings) -> NDArray[Any]:
    """The keys of all views, (N, V), as an `Index` takes them."""
    augmentation = Augmentation(tuple(settings.augment), settings.seed)
    keys = [
        row_key(photo.digest, view, augmentation)
        for photo in photos
        for view in range(1 + settings.views)
    ]
    return as_keys(keys).reshape(len(photos), -1)


def _rows(photos: Sequence[Photo], views: int, augmentation: Augmentation) -> dict[str, ViewRow]:
    """All rows by their keys, in order; those of the same file are one."""
    rows: dict[str, ViewRow] = {}
    for photo in photos:
        for view in range(views):
            rows.setdefault(row_key(photo.digest, view, augmentation), ViewRow(photo, view))
    return rows


def _groups(networks: Networks, rows: int, settings: FeatureSettings) -> list[Networks]:
    """Backbones that go together: as many as fit into memory and leave no worker without a task."""
    effort = rows * sum(_gflops(network) for network, _ in networks)
    tasks = len(networks) * -(-rows // ROWS)
    most = max(tasks // max(worker_count(effort, settings), 1), 1)
    groups: list[list[tuple[Network, Sequence[str]]]] = []
    held = 0
    for network, cuts in networks:
        size = catalogue.describe(network.name)[0].parameters or TOGETHER
        if not groups or len(groups[-1]) == most or held + size > TOGETHER:
            groups.append([])
            held = 0
        groups[-1].append((network, cuts))
        held += size
    return list(groups)


def _names(networks: Networks) -> str:
    return ", ".join(network.name for network, _ in networks)


def _gflops(network: Network) -> float:
    return catalogue.describe(network.name)[0].gflops or UNKNOWN


def _tasks(
    groups: Sequence[Networks],
    rows: Mapping[str, ViewRow],
    augmentation: Augmentation,
    namespaces: Mapping[str, Namespace],
    indices: Mapping[str, Index],
) -> Iterator[FeatureTask]:
    """What is missing, group by group; rows that lack the same cuts go together."""
    names = list(rows)
    keys = as_keys(names)
    for depth, networks in enumerate(groups):
        pairs = [(network, cut) for network, cuts in networks for cut in cuts]
        lacks = np.stack([~indices[network.name].has(cut, keys) for network, cut in pairs], axis=1)
        for pattern, members in _alike(lacks):
            lacking: dict[Network, list[str]] = {}
            for (network, cut), lacks_it in zip(pairs, pattern, strict=True):
                if lacks_it:
                    lacking.setdefault(network, []).append(cut)
            for start in range(0, len(members), ROWS):
                inside = [names[number] for number in members[start : start + ROWS]]
                yield FeatureTask(
                    models=_names(networks),
                    depth=depth,
                    gflops=sum(map(_gflops, lacking)),
                    shards=tuple(
                        NamedShard(
                            network,
                            tuple(cuts),
                            namespaces[network.name].name,
                            shard_name(cuts, inside),
                        )
                        for network, cuts in lacking.items()
                    ),
                    rows=tuple(rows[name] for name in inside),
                    augmentation=augmentation,
                )


def _alike(
    lacks: NDArray[np.bool_],
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """The patterns of what rows lack, (R, cuts) bool, each with its rows; not that of nothing."""
    patterns, which = np.unique(lacks, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if pattern.any():
            yield pattern, np.flatnonzero(which == number)


def _indices(store: zarr.Group | None, namespaces: Mapping[str, Namespace]) -> dict[str, Index]:
    return {
        model: Index(
            subgroup(store, namespace.name)
            if store is not None and namespace.name in store
            else None
        )
        for model, namespace in namespaces.items()
    }


def _prepare(
    store_address: StoreAddress, namespaces: Iterable[Namespace], tasks: Sequence[FeatureTask]
) -> None:
    """Make what tasks are written to, if there is room for them."""
    if store_address.folder is not None:
        cuts = [len(task.rows) * len(shard.cuts) for task in tasks for shard in task.shards]
        check_folder(store_address.folder, FEATURES, sum(cuts) * CUT_BYTES)
    with store_address.writing():
        store = create_features(store_address.address)
        for namespace in namespaces:
            create_namespace(store, namespace)
