"""The maps of a study's layers: vectors drawn, laid out, put into grids, and each cell rendered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import ActivationAtlasSettings
from diamond_cutter.precompute.activation_atlas.activation_sample_task import (
    DRAWN,
    SampleRequest,
    store_samples,
)
from diamond_cutter.precompute.activation_atlas.cell_pictures import (
    cell_tasks,
    crop_examples,
    plan_cells,
    read_cells,
)
from diamond_cutter.precompute.activation_atlas.drawn_vectors import DrawnLayer, read_drawn
from diamond_cutter.precompute.activation_atlas.layout_task import (
    VERSION,
    LayoutTask,
    store_layout,
)
from diamond_cutter.precompute.activation_atlas.map_cells import Cells, grid_sides, make_cells
from diamond_cutter.precompute.activation_atlas.map_layout import (
    HELD,
    common_layout,
    judge_layout,
    to_square,
)
from diamond_cutter.precompute.activation_atlas.map_settings import FEW, parts_of
from diamond_cutter.precompute.attribution.attribution_selection import (
    choose_photos,
    select_layers,
)
from diamond_cutter.precompute.attribution.class_pictures import store_class_pictures
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.attribution.photo_tasks import (
    AskedCut,
    Make,
    StudySlot,
    ask_about,
    maker,
    photo_tasks,
)
from diamond_cutter.precompute.jobs.cluster import Workers
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.stores.activation_atlas import activation_atlas_store
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    TOP,
    ActivationMap,
    Grid,
)
from diamond_cutter.precompute.stores.shards import RowIndex, find_rows, key_of, read_rows

PASSES = 7
"""How much more than one pass forward a photo costs: three classes are asked, each back for two."""


def map_layers(
    place: StudySlot,
    photo_set: PhotoSet,
    cuts_to_map: Sequence[CutToExplain],
    settings: ActivationAtlasSettings,
    workers: Workers,
    display: Display,
    seed: int,
) -> dict[str, set[str]]:
    """Make the maps of cuts and of layers below, where missing; the keys of what they need.

    What was made is kept at an interrupt and a kill at any moment. Raises `UserError` as `explain`
    does.
    """
    if "none" in settings.layers:
        return {}
    make = maker(place, workers, display, "activation atlas")
    chosen = choose_photos(photo_set.label, photo_set.fold, settings.photos, seed)
    asked = []
    for to_explain in cuts_to_map:
        layers = select_layers(settings.layers, to_explain.backbone, to_explain.layers[-1].name)
        request = SampleRequest(
            network=to_explain.backbone.network,
            layers=tuple(layer.name for layer in layers),
            pooling=to_explain.pooling,
            parts=parts_of(len(chosen), settings.parts),
            seed=seed,
        )
        mapped = replace(to_explain, layers=layers)
        asked.append(ask_about(mapped, photo_set, chosen, request, DRAWN))
    study = place.study_group()
    tasks = [
        task
        for depth, each in enumerate(asked)
        for task in photo_tasks(each, study, place, depth, PASSES)
    ]
    make(store_samples, tasks, "photos")
    kept: dict[str, set[str]] = {}
    maps = []
    for each in asked:
        kept.setdefault(each.namespace, set()).update(each.keys)
        maps += _map_cut(each, photo_set, place, make, settings.grid, seed, display, kept)
    activation_atlas_store.finish_maps(place.slot_group(), maps)
    return kept


def _map_cut(
    asked: AskedCut,
    photo_set: PhotoSet,
    place: StudySlot,
    make: Make,
    finest: int,
    seed: int,
    display: Display,
    kept: dict[str, set[str]],
) -> list[ActivationMap]:
    study, to_explain = place.study_group(), asked.to_explain
    found = find_rows(study, asked.namespace)
    rows = [found[key] for key in asked.keys]
    drawn = [read_drawn(study, asked, rows, layer) for layer in to_explain.layers]
    positions = _lay_out(asked, rows, drawn, place, make, seed, kept, display)
    display.phase("averaging the cells of maps")
    grids = [
        _grids(each, position, finest, len(to_explain.classes), display)
        for each, position in zip(drawn, positions, strict=True)
    ]
    planned = [plan_cells(to_explain, *each) for each in zip(drawn, grids, strict=True)]
    tasks = [
        task
        for depth, each in enumerate(planned)
        for task in cell_tasks(to_explain, each, place, depth)
    ]
    make(store_class_pictures, tasks, "cells")
    maps = []
    for each, position, cells, plan in zip(drawn, positions, grids, planned, strict=True):
        display.phase(f"the map of {each.layer.name}")
        kept.setdefault(plan.namespace, set()).update(plan.keys)
        pictures = read_cells(study, plan)
        maps.append(_write(asked, photo_set, each, position, cells, pictures, place.slot_group()))
    return maps


def _grids(
    drawn: DrawnLayer, position: NDArray[np.float32], finest: int, classes: int, display: Display
) -> list[Cells]:
    """The grids of a layer, coarsest first; none, and said so, of too few vectors."""
    sides = grid_sides(finest, len(position)) if len(position) >= FEW else []
    if not sides:
        display.note(
            f"{drawn.layer.name}: {len(position)} activation vectors are too few for a map; "
            "more photos make one"
        )
    return [
        make_cells(
            side, position, drawn.vector, drawn.photo, drawn.classes, drawn.attribution, classes
        )
        for side in sides
    ]


def _lay_out(
    asked: AskedCut,
    rows: Sequence[RowIndex],
    drawn: Sequence[DrawnLayer],
    place: StudySlot,
    make: Make,
    seed: int,
    kept: dict[str, set[str]],
    display: Display,
) -> list[NDArray[np.float32]]:
    """Positions (V, 2) in the unit square of the vectors of each layer."""
    study = place.study_group()
    name = key_of([asked.namespace, VERSION, seed, *asked.keys])  # which names all of the layers
    target = f"layout-{name[:12]}"
    keys = [key_of([name, each.layer.name]) for each in drawn]
    there = find_rows(study, target)
    missing = [index for index, key in enumerate(keys) if key not in there]
    if missing:
        parts = max(each.parts for each in drawn)
        display.phase("arranging the layers alike")
        common = common_layout([each.repeated(parts) for each in drawn], seed)
        tasks = [
            LayoutTask(
                network=asked.request.network,
                layer=drawn[index].layer.name,
                depth=index,
                study=place.study,
                namespace=asked.namespace,
                target=target,
                key=keys[index],
                seed=seed,
                held=HELD if len(drawn) > 1 else 0.0,
                rows=tuple(rows),
                common=common[drawn[index].first_of(parts)],
            )
            for index in missing
        ]
        make(store_layout, tasks, "layers")
        there = find_rows(study, target)
    kept.setdefault(target, set()).update(keys)
    return [to_square(read_rows(study, target, [there[key]], "position")[0]) for key in keys]


def _write(
    asked: AskedCut,
    photo_set: PhotoSet,
    drawn: DrawnLayer,
    position: NDArray[np.float32],
    grids: Sequence[Cells],
    pictures: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]],
    slot: zarr.Group,
) -> ActivationMap:
    to_explain, layer = asked.to_explain, drawn.layer
    size, (height, width) = to_explain.backbone.input_size, drawn.sides
    trust, continuity = judge_layout(drawn.vector, position)
    found = ActivationMap(
        model=to_explain.backbone.name,
        layer=layer.name,
        cut=to_explain.layers[-1].name,
        index=layer.index,
        channels=layer.channels,
        classes=to_explain.classes,
        photos=len(asked.chosen),
        vectors=len(position),
        height=height,
        width=width,
        input_size=size,
        receptive_field=layer.receptive_field,
        stride=layer.stride,
        grids=[cells.side for cells in grids],
        trustworthiness=trust,
        continuity=continuity,
        weights_digest=to_explain.backbone.weights_digest,
    )
    spread = drawn.vector.std(axis=0) + np.finfo(np.float32).tiny
    stored = {}
    for cells, (picture, shown) in zip(grids, pictures, strict=True):
        above = (cells.mean - drawn.vector.mean(axis=0)) / spread
        channel = np.argsort(-above, axis=1, kind="stable")[:, :TOP].astype(np.int32)
        stored[cells.side] = Grid(
            row=cells.row,
            column=cells.column,
            count=cells.count,
            attribution=cells.attribution,
            asked=cells.asked,
            channel=channel,
            above=np.take_along_axis(above, channel, axis=1),
            example=cells.example,
            picture=picture,
            is_shown=shown,
        )
    examples = np.unique(
        np.concatenate([np.zeros(0, np.int32), *(c.example.ravel() for c in grids)])
    )
    examples = examples[examples >= 0]
    crops = crop_examples(photo_set, drawn, examples, found)
    arrays: dict[str, NDArray[Any]] = {
        "photo": drawn.photo,
        "place": drawn.place,
        "position": position,
        "crop": np.frombuffer(b"".join(crops), np.uint8),
        "crop_end": np.cumsum([len(crop) for crop in crops], dtype=np.int64),
        "crop_vector": examples.astype(np.int32),
    }
    activation_atlas_store.write_map(slot, found, arrays, stored)
    return found
