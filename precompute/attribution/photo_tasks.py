"""Photos that a cut is asked about: each with the head that did not see it, and what is missing.

Whatever is asked of a photo is a row, named by its photo, class and head, in the namespace of what
is asked; rows that are there are not asked again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attribution_task import (
    PhotoRow,
    PhotoTask,
    head_digest,
    row_key,
)
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.features.feature_keys import namespace_of
from diamond_cutter.precompute.jobs.cluster import Workers
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.jobs.execution import execute_tasks
from diamond_cutter.precompute.jobs.task import sizes
from diamond_cutter.precompute.stores.shards import find_rows, key_of, shard_name
from diamond_cutter.precompute.stores.store_address import StoreAddress, subgroup

ROWS = 32
"""Photos of a part, and so of a task: the most that a kill loses of each worker's work."""


@dataclass(frozen=True)
class StudySlot:
    """Where what is found goes: the store, the study's name, and its slot."""

    store_address: StoreAddress
    study: str
    slot: str

    def study_group(self) -> zarr.Group:
        """The study's group, with what never changes."""
        return subgroup(self.store_address.open(), self.study)

    def slot_group(self) -> zarr.Group:
        """The slot's group."""
        return subgroup(self.study_group(), self.slot)


Work = Callable[[str, int, Any], None]
Make = Callable[[Work, Sequence[Any], str], None]
"""Has tasks made and stored by `Work(address, threads, task)`; counted in a noun."""


def maker(place: StudySlot, workers: Workers, display: Display, title: str) -> Make:
    """What has tasks made, of whatever kind; `title`: what the display calls it.

    What was made is kept at an interrupt and a kill at any moment. It raises `UserError` for what
    hits every task alike and, when all others are done, for tasks that failed.
    """

    def make(work: Work, tasks: Sequence[Any], noun: str) -> None:
        if tasks:
            execute_tasks(
                work, tasks, sizes(tasks), place.store_address, workers, display, title, noun
            )

    return make


@dataclass(frozen=True, eq=False)
class AskedCut:
    """A cut with its photos: `chosen` (n,) indices, `rows` and `keys` of each.

    `request`: what is asked, see `PhotoTask`.
    """

    to_explain: CutToExplain
    request: Any
    namespace: str
    chosen: NDArray[np.int32]
    rows: list[PhotoRow]
    keys: list[str]


def ask_about(
    to_explain: CutToExplain,
    photo_set: PhotoSet,
    chosen: NDArray[np.int32],
    request: Any,
    version: int,
) -> AskedCut:
    """What a request asks of a cut about the photos `chosen`, (n,) indices: each as it is labelled.

    `version`: of what is asked, raised when the same photo, head and request give another answer.
    """
    rows = [
        PhotoRow(photo_set.photos[photo], int(photo_set.label[photo]), int(photo_set.fold[photo]))
        for photo in chosen
    ]
    return ask_rows(to_explain, chosen, rows, request, version)


def ask_rows(
    to_explain: CutToExplain,
    chosen: NDArray[np.int32],
    rows: list[PhotoRow],
    request: Any,
    version: int,
) -> AskedCut:
    """As `ask_about`, of rows as they are given, (n,): of the photos `chosen`."""
    network = namespace_of(request.network, to_explain.backbone.input_size)
    asked = {name: value for name, value in asdict(request).items() if name != "network"}
    digest = key_of({**network.attributes, **asked, "asked": version})
    digests = [head_digest(head) for head in to_explain.heads]
    keys = [row_key(row, digests[row.head]) for row in rows]
    return AskedCut(
        to_explain, request, f"{request.network.name}-{digest[:12]}", chosen, rows, keys
    )


def photo_tasks(
    asked: AskedCut, study: zarr.Group, place: StudySlot, depth: int, passes: int
) -> Iterator[PhotoTask]:
    """What is missing; photos of one head go together, those of the same file are one.

    `passes`: how much more than one pass forward a photo costs.
    """
    there = find_rows(study, asked.namespace)
    missing = {
        key: row for key, row in zip(asked.keys, asked.rows, strict=True) if key not in there
    }
    keys = sorted(missing, key=lambda key: missing[key].head)
    for start in range(0, len(keys), ROWS):
        inside = tuple(keys[start : start + ROWS])
        yield PhotoTask(
            request=asked.request,
            depth=depth,
            gflops=asked.to_explain.backbone.gflops * passes,
            study=place.study,
            namespace=asked.namespace,
            part=shard_name(inside),
            keys=inside,
            rows=tuple(missing[key] for key in inside),
            heads=asked.to_explain.heads,
        )
