"""The attribution of a study: its photos asked cut by cut, what is there left as it is, summed."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution import store
from diamond_cutter.precompute.attribution.case import Album, Case
from diamond_cutter.precompute.attribution.sample import choose_photos
from diamond_cutter.precompute.attribution.summary import summarise
from diamond_cutter.precompute.attribution.task import (
    Inquiry,
    Row,
    Unit,
    head_digest,
    part_name,
    row_key,
    store_unit,
)
from diamond_cutter.precompute.contract.attribution import Explained
from diamond_cutter.precompute.contract.members import subgroup
from diamond_cutter.precompute.features.key import shelf_of
from diamond_cutter.precompute.features.store import complete_parts
from diamond_cutter.precompute.work.cluster import Workers
from diamond_cutter.precompute.work.display import Display
from diamond_cutter.precompute.work.making import make_units
from diamond_cutter.precompute.work.target import Target

VERSION = 1
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
    studies = place.target.open()
    study = subgroup(studies, place.study)
    asked = [_ask(case, album, chosen, settings) for case in cases]
    units = [unit for depth, each in enumerate(asked) for unit in _units(each, study, place, depth)]
    if units:
        totals: dict[tuple[str, ...], int] = {case.pair: len(chosen) for case in cases}
        make_units(
            store_unit, units, totals, place.target, workers, display, "attribution", "photos"
        )
    display.phase("summing up the attribution")
    slot = subgroup(study, place.slot)
    if "attribution" in slot:
        del slot["attribution"]
    for each in asked:
        parts = _find(study, each.shelf)
        places = [parts[key] for key in each.keys]
        _write_case(slot, study, each, album, places)
    explained = Explained(
        name=place.study,
        own=bool((album.label < 0).all()),
        photos=len(chosen),
        cuts=[case.pair for case in cases],
        settings=asdict(settings),
    )
    store.finish(slot, explained)
    _prune(study, asked)
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
    digest = hashlib.sha256(json.dumps(stands_for, sort_keys=True).encode()).hexdigest()
    rows = [
        Row(album.photos[photo], int(album.label[photo]), int(album.fold[photo]))
        for photo in chosen
    ]
    digests = [head_digest(head) for head in case.heads]
    keys = [row_key(row, digests[row.head]) for row in rows]
    return _Asked(case, inquiry, f"{inquiry.model}-{digest[:12]}", chosen, rows, keys)


def _units(asked: _Asked, study: zarr.Group, place: Place, depth: int) -> Iterator[Unit]:
    """What is missing; photos of one head go together, those of the same file are one."""
    there = _find(study, asked.shelf)
    missing = {
        key: row for key, row in zip(asked.keys, asked.rows, strict=True) if key not in there
    }
    keys = sorted(missing, key=lambda key: missing[key].head)
    slopes = 1 + 6 * max(asked.inquiry.steps, 1)  # a pass back costs about two forward
    for start in range(0, len(keys), ROWS):
        inside = tuple(keys[start : start + ROWS])
        yield Unit(
            inquiry=asked.inquiry,
            depth=depth,
            gflops=asked.case.backbone.info.gflops * slopes,
            study=place.study,
            shelf=asked.shelf,
            part=part_name(inside),
            keys=inside,
            rows=tuple(missing[key] for key in inside),
            heads=asked.case.heads,
        )


def _find(study: zarr.Group, shelf: str) -> dict[str, tuple[str, int]]:
    """The part and the row of each key that is there."""
    path = f"attribution/{shelf}"
    if path not in study:
        return {}
    return {
        key: (name, row)
        for name, attributes in complete_parts(subgroup(study, path))
        for row, key in enumerate(attributes["keys"])
    }


def _write_case(
    slot: zarr.Group,
    study: zarr.Group,
    asked: _Asked,
    album: Album,
    places: Sequence[tuple[str, int]],
) -> None:
    names = sorted({name for name, _ in places})
    part = np.array([names.index(name) for name, _ in places], np.int32)
    row = np.array([row for _, row in places], np.int32)
    parts = [subgroup(study, f"attribution/{asked.shelf}/{name}") for name in names]
    summary = summarise(asked.case, asked.inquiry, parts, part, row, asked.chosen, album)
    group = store.write_cut(slot, summary.cut, asked.shelf, names, (asked.chosen, part, row))
    for layer, tables in summary.tables.items():
        for name, table in tables.items():
            store.write_table(group, f"layers/{layer}/{name}", table)


def _prune(study: zarr.Group, asked: Sequence[_Asked]) -> None:
    """Remove the parts that none of the cases shows any more."""
    kept = {each.shelf: set(each.keys) for each in asked}
    whole = subgroup(study, "attribution")
    for shelf, group in list(whole.groups()):
        if shelf not in kept:
            del whole[shelf]
            continue
        for name, attributes in complete_parts(group):
            if kept[shelf].isdisjoint(attributes["keys"]):
                del group[name]
