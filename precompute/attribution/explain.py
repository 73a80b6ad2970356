"""The attribution of a study: its photos asked cut by cut, what is there left as it is, summed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution import store
from diamond_cutter.precompute.attribution.case import Album, Case
from diamond_cutter.precompute.attribution.classes import Site, shelf_of_classes, write_classes
from diamond_cutter.precompute.attribution.sample import choose_photos
from diamond_cutter.precompute.attribution.shelf import Place as RowPlace
from diamond_cutter.precompute.attribution.shelf import (
    find_rows,
    key_of,
    part_name,
    prune,
    read_rows,
)
from diamond_cutter.precompute.attribution.summary import summarise
from diamond_cutter.precompute.attribution.task import (
    Inquiry,
    Row,
    Unit,
    head_digest,
    row_key,
    store_unit,
)
from diamond_cutter.precompute.contract.attribution import Explained
from diamond_cutter.precompute.contract.members import subgroup
from diamond_cutter.precompute.features.key import shelf_of
from diamond_cutter.precompute.work.cluster import Workers
from diamond_cutter.precompute.work.display import Display
from diamond_cutter.precompute.work.making import make_units
from diamond_cutter.precompute.work.target import Target
from diamond_cutter.precompute.work.unit import Place as WorkPlace

Work = Callable[[str, int, Any], None]
VERSION = 2
"""Of what is asked: raised when the same photo, head and settings give other attribution."""
ROWS = 32
"""Photos of a part, and so of a task: the most that a kill loses of each worker's work."""


@dataclass(frozen=True)
class Place:
    """Where the attribution goes: the store, the study's name, and its slot."""

    target: Target
    study: str
    slot: str


def explain(
    place: Place,
    album: Album,
    cases: Sequence[Case],
    settings: AttributionSettings,
    workers: Workers,
    display: Display,
    seed: int,
) -> Explained:
    """Make the attribution of cases that the store does not have yet, sum it, and say it is there.

    What was made is kept at an interrupt and a kill at any moment. Raises `UserError` for what
    hits every photo alike and, when all others are done, for photos that failed.
    """
    chosen = choose_photos(album.label, album.fold, settings.photos, seed)
    study = subgroup(place.target.open(), place.study)
    asked = [_ask(case, album, chosen, settings) for case in cases]

    def make(work: Work, units: list[Any], noun: str) -> None:
        if units:
            totals = Counter[WorkPlace]()
            for unit in units:
                totals[unit.place] += unit.size
            make_units(work, units, totals, place.target, workers, display, "attribution", noun)

    units = [unit for depth, each in enumerate(asked) for unit in _units(each, study, place, depth)]
    make(store_unit, units, "photos")
    display.phase("summing up the attribution")
    slot = subgroup(study, place.slot)
    if "attribution" in slot:
        del slot["attribution"]
    kept: dict[str, set[str]] = {}
    for depth, each in enumerate(asked):
        kept.setdefault(each.shelf, set()).update(each.keys)
        group, own, parts = _write_case(slot, study, each, album)
        site = Site(study, place.study, depth, seed, make)
        kept[shelf_of_classes(each.case)] = write_classes(
            group,
            site,
            each.case,
            each.inquiry,
            each.rows,
            each.keys,
            parts,
            own,
            chosen,
            settings,
        )
    explained = Explained(
        name=place.study,
        own=bool((album.label < 0).all()),
        photos=len(chosen),
        cuts=[case.pair for case in cases],
        settings=asdict(settings),
    )
    store.finish(slot, explained)
    prune(study, kept)
    return explained


@dataclass(frozen=True, eq=False)
class _Asked:
    """A case with its photos: `chosen` (n,) indices, `rows` and `keys` of each."""

    case: Case
    inquiry: Inquiry
    shelf: str
    chosen: NDArray[np.int32]
    rows: list[Row]
    keys: list[str]


def _ask(
    case: Case, album: Album, chosen: NDArray[np.int32], settings: AttributionSettings
) -> _Asked:
    inquiry = Inquiry(
        model=case.backbone.name,
        layers=tuple(layer.name for layer in case.layers),
        pooling=case.pooling,
        steps=settings.steps if settings.method == "integrated" else 0,
        groups=settings.groups,
    )
    stands_for = {**shelf_of(inquiry.model).attributes, **asdict(inquiry), "asked": VERSION}
    digest = key_of(stands_for)
    rows = [
        Row(album.photos[photo], int(album.label[photo]), int(album.fold[photo]))
        for photo in chosen
    ]
    digests = [head_digest(head) for head in case.heads]
    keys = [row_key(row, digests[row.head]) for row in rows]
    return _Asked(case, inquiry, f"{inquiry.model}-{digest[:12]}", chosen, rows, keys)


def _units(asked: _Asked, study: zarr.Group, place: Place, depth: int) -> Iterator[Unit]:
    """What is missing; photos of one head go together, those of the same file are one."""
    there = find_rows(study, asked.shelf)
    missing = {
        key: row for key, row in zip(asked.keys, asked.rows, strict=True) if key not in there
    }
    keys = sorted(missing, key=lambda key: missing[key].head)
    slopes = 1 + 6 * max(asked.inquiry.steps, 1)  # a pass back costs about two forward
    for start in range(0, len(keys), ROWS):
        inside = tuple(keys[start : start + ROWS])
        yield Unit(
            model=asked.inquiry.model,
            inquiry=asked.inquiry,
            depth=depth,
            gflops=asked.case.backbone.gflops * slopes,
            study=place.study,
            shelf=asked.shelf,
            part=part_name(inside),
            keys=inside,
            rows=tuple(missing[key] for key in inside),
            heads=asked.case.heads,
        )


def _write_case(
    slot: zarr.Group, study: zarr.Group, asked: _Asked, album: Album
) -> tuple[zarr.Group, NDArray[np.int64], tuple[str, list[RowPlace]]]:
    """Store where a cut's photos are and their sums.

    Its group, what each photo counts for, and the shelf with the place of each.
    """
    rows = find_rows(study, asked.shelf)
    places = [rows[key] for key in asked.keys]

    def read(name: str) -> NDArray[Any]:
        return read_rows(study, asked.shelf, places, name)

    names = sorted({name for name, _ in places})
    part = np.array([names.index(name) for name, _ in places], np.int32)
    row = np.array([row for _, row in places], np.int32)
    sides = subgroup(study, f"attribution/{asked.shelf}/{names[0]}")
    summary = summarise(asked.case, asked.inquiry, read, sides, asked.chosen, album)
    group = store.write_cut(slot, summary.cut, asked.shelf, names, (asked.chosen, part, row))
    for layer, tables in summary.tables.items():
        for name, table in tables.items():
            store.write_table(group, f"layers/{layer}/{name}", table)
    return group, summary.own, (asked.shelf, places)
