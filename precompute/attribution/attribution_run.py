"""The attribution of a study: its photos asked cut by cut, what is there left as it is, summed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution.attribution_selection import choose_photos
from diamond_cutter.precompute.attribution.attribution_task import (
    AttributionRequest,
    store_attribution,
)
from diamond_cutter.precompute.attribution.class_explanation import (
    Site,
    shelf_of_classes,
    write_classes,
)
from diamond_cutter.precompute.attribution.cut_summary import summarise
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.attribution.photo_tasks import (
    AskedCut,
    StudySlot,
    ask_about,
    maker,
    photo_tasks,
)
from diamond_cutter.precompute.jobs.cluster import Workers
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.attribution.attribution_layout import Explained
from diamond_cutter.precompute.stores.shards import RowIndex, find_rows, read_rows
from diamond_cutter.precompute.stores.store_address import subgroup

VERSION = 2
"""Of what is asked: raised when the same photo, head and settings give other attribution."""


def explain(
    place: StudySlot,
    photo_set: PhotoSet,
    cuts_to_explain: Sequence[CutToExplain],
    settings: AttributionSettings,
    workers: Workers,
    display: Display,
    seed: int,
) -> tuple[Explained, dict[str, set[str]]]:
    """Make the attribution of cuts that the store does not have yet, sum it, and say it is there.

    What is explained, and the keys that it is made of, by namespace (see `prune`). What was made is
    kept at an interrupt and a kill at any moment. Raises `UserError` for what hits every photo
    alike and, when all others are done, for photos that failed.
    """
    chosen = choose_photos(photo_set.label, photo_set.fold, settings.photos, seed)
    study = place.study_group()
    asked = [
        ask_about(to_explain, photo_set, chosen, _request(to_explain, settings), VERSION)
        for to_explain in cuts_to_explain
    ]

    make = maker(place, workers, display, "attribution")
    passes = 1 + 6 * (settings.steps if settings.method == "integrated" else 1)  # back costs two
    tasks = [
        task
        for depth, each in enumerate(asked)
        for task in photo_tasks(each, study, place, depth, passes)
    ]
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
    return explained, kept


def _request(to_explain: CutToExplain, settings: AttributionSettings) -> AttributionRequest:
    return AttributionRequest(
        network=to_explain.backbone.network,
        layers=tuple(layer.name for layer in to_explain.layers),
        pooling=to_explain.pooling,
        steps=settings.steps if settings.method == "integrated" else 0,
        groups=settings.groups,
    )


def _write_case(
    slot: zarr.Group, study: zarr.Group, asked: AskedCut, photo_set: PhotoSet
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
