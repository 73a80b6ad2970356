"""The maps of a study's layers: vectors drawn, laid out, put into grids, and each cell rendered."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.settings import ActivationAtlasSettings
from diamond_cutter.precompute.activation_atlas.activation_sample_task import (
    DRAWN,
    SampleRequest,
    store_samples,
)
from diamond_cutter.precompute.activation_atlas.cell_pictures import (
    cell_recipe,
    cell_tasks,
    plan_cells,
    read_cells,
    store_cell_pictures,
)
from diamond_cutter.precompute.activation_atlas.drawn_vectors import DrawnLayer, read_drawn
from diamond_cutter.precompute.activation_atlas.layout_run import lay_out_layers
from diamond_cutter.precompute.activation_atlas.map_cells import Cells, grid_sides, make_cells
from diamond_cutter.precompute.activation_atlas.map_forecast import (
    Forecast,
    cells_expected,
    effort_of,
    layers_effort,
)
from diamond_cutter.precompute.activation_atlas.map_settings import FEW, parts_of
from diamond_cutter.precompute.activation_atlas.map_writing import write_layer_map
from diamond_cutter.precompute.activation_atlas.vector_moments import Moments
from diamond_cutter.precompute.attribution.attribution_selection import (
    choose_photos,
    select_layers,
)
from diamond_cutter.precompute.attribution.attribution_task import PhotoTask
from diamond_cutter.precompute.attribution.class_pictures import picture_effort
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
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import ActivationMap
from diamond_cutter.precompute.stores.shards import find_rows

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
    forecast = Forecast(workers, display)
    told = _expect(forecast, asked, tasks, settings.grid)
    if tasks:
        forecast.tell(told)
    with forecast.part(("photos",)):
        make(store_samples, tasks, "photos")
    kept: dict[str, set[str]] = {}
    maps = []
    for each in asked:
        kept.setdefault(each.namespace, set()).update(each.keys)
        maps += _map_cut(each, photo_set, place, make, settings.grid, seed, display, kept, forecast)
    activation_atlas_store.finish_maps(place.slot_group(), maps)
    return kept


def _expect(
    forecast: Forecast, asked: Sequence[AskedCut], tasks: Sequence[PhotoTask], finest: int
) -> str:
    """Expect all that is to be made, and say what it is, if all of it is missing."""
    vectors = cells = layers = 0
    forecast.expect(("photos",), effort_of(tasks))
    for each in asked:
        network = each.to_explain.backbone
        count = len(each.chosen) * each.request.parts**2
        mapped = len(each.to_explain.layers)
        cells_each = cells_expected(finest, count)
        pictures = sum(
            cells_each * picture_effort(network.gflops, network.input_size, cell_recipe(layer))
            for layer in each.to_explain.layers
        )
        forecast.expect(("layers", *each.to_explain.pair), layers_effort(mapped, count))
        forecast.expect(("cells", *each.to_explain.pair), pictures)
        vectors, layers, cells = (
            vectors + count * mapped,
            layers + mapped,
            cells + cells_each * mapped,
        )
    return f"{vectors} vectors of {layers} layers, some {cells} cells"


def _map_cut(
    asked: AskedCut,
    photo_set: PhotoSet,
    place: StudySlot,
    make: Make,
    finest: int,
    seed: int,
    display: Display,
    kept: dict[str, set[str]],
    forecast: Forecast,
) -> list[ActivationMap]:
    study, to_explain = place.study_group(), asked.to_explain
    found = find_rows(study, asked.namespace)
    rows = [found[key] for key in asked.keys]
    drawn = [read_drawn(study, asked, rows, layer) for layer in to_explain.layers]
    with forecast.part(("layers", *to_explain.pair)):
        positions = lay_out_layers(asked, drawn, place, make, seed, kept, display)
    display.phase("averaging the cells of maps")
    averaged = [
        average_cells(each, position, finest, len(to_explain.classes), display)
        for each, position in zip(drawn, positions, strict=True)
    ]
    planned = [
        plan_cells(to_explain, layer, *each)
        for layer, each in zip(to_explain.layers, averaged, strict=True)
    ]
    tasks = [
        task
        for depth, each in enumerate(planned)
        for task in cell_tasks(to_explain, each, place, depth)
    ]
    forecast.expect(("cells", *to_explain.pair), effort_of(tasks))
    with forecast.part(("cells", *to_explain.pair)):
        make(store_cell_pictures, tasks, "cells")
    maps = []
    for each, position, averages, plan in zip(drawn, positions, averaged, planned, strict=True):
        display.phase(f"the map of {each.layer.name}")
        kept.setdefault(plan.namespace, set()).update(plan.keys)
        pictures = read_cells(study, plan)
        maps.append(
            write_layer_map(
                asked, photo_set, each, position, *averages, pictures, place.slot_group()
            )
        )
    return maps


def average_cells(
    drawn: DrawnLayer, position: NDArray[np.float32], finest: int, classes: int, display: Display
) -> tuple[Moments, list[Cells]]:
    """The moments and grids of a layer, coarsest first; what is too few vectors for is said."""
    name, count, channels = drawn.layer.name, len(position), drawn.layer.channels
    sides = grid_sides(finest, count) if count >= FEW else []
    if not sides:
        display.note(
            f"{name}: {count} activation vectors are too few for a map; more photos make one"
        )
    elif sides[-1] < finest:
        display.note(
            f"{name}: {count} activation vectors make a map of {sides[-1]} cells a side, not of "
            f"{finest}; more photos make a finer one"
        )
    moments = Moments.of((run.vector for run in drawn.runs()), channels)
    return moments, make_cells(sides, position, drawn.photo, drawn.runs, channels, classes)
