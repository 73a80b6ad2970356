"""The attribution of a study: its photos asked cut by cut, what is there left as it is, summed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution.attribution_selection import choose_photos
from diamond_cutter.precompute.attribution.attribution_task import (
    AttributionRequest,
    AttributionTask,
    PhotoRow,
    head_digest,
    row_key,
    store_attribution,
)
from diamond_cutter.precompute.attribution.class_explanation import (
    Site,
    shelf_of_classes,
    write_classes,
)
from diamond_cutter.precompute.attribution.cut_summary import summarise
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.features.feature_keys import namespace_of
from diamond_cutter.precompute.jobs.cluster import Workers
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.jobs.execution import execute_tasks
from diamond_cutter.precompute.jobs.task import TaskGroup
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.attribution.attribution_layout import Explained
from diamond_cutter.precompute.stores.shards import (
    RowIndex,
    find_rows,
    key_of,
    prune,
    read_rows,
    shard_name,
)
from diamond_cutter.precompute.stores.store_address import StoreAddress, subgroup

Work = Callable[[str, int, Any], None]
VERSION = 2
"""Of what is asked: raised when the same photo, head and settings give other attribution."""
ROWS = 32
"""Photos of a part, and so of a task: the most that a kill loses of each worker's work."""


@dataclass(frozen=True)
class StudySlot:
    """Where the attribution goes: the store, the study's name, and its slot."""

    store_address: StoreAddress
    study: str
    slot: str


def explain(
    place: StudySlot,
    photo_set: PhotoSet,
    cuts_to_explain: Sequence[CutToExplain],
    settings: AttributionSettings,
    workers: Workers,
    display: Display,
    seed: int,
    turn: Callable[[], None],
) -> Explained:
    """Make the attribution of cuts that the store does not have yet, sum it, and say it is there.

    `turn` turns to the slot: called when all is there, and before what was shown until then goes.
    What was made is kept at an interrupt and a kill at any moment. Raises `UserError` for what
    hits every photo alike and, when all others are done, for photos that failed.
    """
    chosen = choose_photos(photo_set.label, photo_set.fold, settings.photos, seed)
    study = subgroup(place.store_address.open(), place.study)
    asked = [_ask(to_explain, photo_set, chosen, settings) for to_explain in cuts_to_explain]

    def make(work: Work, tasks: list[Any], noun: str) -> None:
        if tasks:
            totals = Counter[TaskGroup]()
            for task in tasks:
                totals[task.group] += task.size
            execute_tasks(
                work, tasks, totals, place.store_address, workers, display, "attribution", noun
            )

    tasks = [task for depth, each in enumerate(asked) for task in _tasks(each, study, place, depth)]
    make(store_attribution, tasks, "photos")
    display.phase("summing up the attribution")
    slot = subgroup(study, place.slot)
    kept: dict[str, set[str]] = {}
    for depth, each in enumerate(asked):
        kept.setdefault(each.namespace, set()).update(each.keys)
        group, own, parts = _write_case(slot, study, each, photo_set)
        site = Site(study, place.study, depth, make, display.note)
        kept[shelf_of_classes(each.to_explain)] = write_classes(
            group,
            site,
            each.to_explain,
            each.request,
            each.rows,
            each.keys,
            parts,
            own,
            chosen,
            settings,
        )
    explained = Explained(
        name=place.study,
        own=bool((photo_set.label < 0).all()),
        photos=len(chosen),
        cuts=[to_explain.pair for to_explain in cuts_to_explain],
        settings=asdict(settings),
    )
    attribution_writer.finish(slot, explained)
    turn()
    prune(study, kept)
    return explained


@dataclass(frozen=True, eq=False)
class _Asked:
    """A case with its photos: `chosen` (n,) indices, `rows` and `keys` of each."""

    to_explain: CutToExplain
    request: AttributionRequest
    namespace: str
    chosen: NDArray[np.int32]
    rows: list[PhotoRow]
    keys: list[str]


def _ask(
    to_explain: CutToExplain,
    photo_set: PhotoSet,
    chosen: NDArray[np.int32],
    settings: AttributionSettings,
) -> _Asked:
    request = AttributionRequest(
        network=to_explain.backbone.network,
        layers=tuple(layer.name for layer in to_explain.layers),
        pooling=to_explain.pooling,
        steps=settings.steps if settings.method == "integrated" else 0,
        groups=settings.groups,
    )
    network = namespace_of(request.network, to_explain.backbone.input_size)
    asked = {name: value for name, value in asdict(request).items() if name != "network"}
    digest = key_of({**network.attributes, **asked, "asked": VERSION})
    rows = [
        PhotoRow(photo_set.photos[photo], int(photo_set.label[photo]), int(photo_set.fold[photo]))
        for photo in chosen
    ]
    digests = [head_digest(head) for head in to_explain.heads]
    keys = [row_key(row, digests[row.head]) for row in rows]
    return _Asked(to_explain, request, f"{request.network.name}-{digest[:12]}", chosen, rows, keys)


def _tasks(
    asked: _Asked, study: zarr.Group, place: StudySlot, depth: int
) -> Iterator[AttributionTask]:
    """What is missing; photos of one head go together, those of the same file are one."""
    there = find_rows(study, asked.namespace)
    missing = {
        key: row for key, row in zip(asked.keys, asked.rows, strict=True) if key not in there
    }
    keys = sorted(missing, key=lambda key: missing[key].head)
    slopes = 1 + 6 * max(asked.request.steps, 1)  # a pass back costs about two forward
    for start in range(0, len(keys), ROWS):
        inside = tuple(keys[start : start + ROWS])
        yield AttributionTask(
            request=asked.request,
            depth=depth,
            gflops=asked.to_explain.backbone.gflops * slopes,
            study=place.study,
            namespace=asked.namespace,
            part=shard_name(inside),
            keys=inside,
            rows=tuple(missing[key] for key in inside),
            heads=asked.to_explain.heads,
        )


def _write_case(
    slot: zarr.Group, study: zarr.Group, asked: _Asked, photo_set: PhotoSet
) -> tuple[zarr.Group, NDArray[np.int64], tuple[str, list[RowIndex]]]:
    """Store where a cut's photos are and their sums.

    Its group, what each photo counts for, and the namespace with the place of each.
    """
    rows = find_rows(study, asked.namespace)
    places = [rows[key] for key in asked.keys]

    def read(name: str) -> NDArray[Any]:
        return read_rows(study, asked.namespace, places, name)

    names = sorted({name for name, _ in places})
    part = np.array([names.index(name) for name, _ in places], np.int32)
    row = np.array([row for _, row in places], np.int32)
    sides = subgroup(study, f"attribution/{asked.namespace}/{names[0]}")
    summary = summarise(asked.to_explain, asked.request, read, sides, asked.chosen, photo_set)
    group = attribution_writer.write_cut(
        slot, summary.cut, asked.namespace, names, (asked.chosen, part, row)
    )
    for layer, tables in summary.tables.items():
        for name, table in tables.items():
            attribution_writer.write_table(group, f"layers/{layer}/{name}", table)
    return group, summary.own, (asked.namespace, places)
