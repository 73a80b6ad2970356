"""The layers of a cut laid out: what all have in common first, then each by a worker."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.activation_atlas.drawn_vectors import DrawnLayer
from diamond_cutter.precompute.activation_atlas.layout_task import (
    VERSION,
    LayoutTask,
    store_layout,
)
from diamond_cutter.precompute.activation_atlas.map_layout import (
    HELD,
    LAID_OUT,
    CommonLayout,
    evenly,
    to_square,
)
from diamond_cutter.precompute.attribution.photo_tasks import AskedCut, Make, StudySlot
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.stores.shards import find_rows, key_of, read_rows


def lay_out_layers(
    asked: AskedCut,
    drawn: Sequence[DrawnLayer],
    place: StudySlot,
    make: Make,
    seed: int,
    kept: dict[str, set[str]],
    display: Display,
) -> list[NDArray[np.float32]]:
    """Positions (V, 2) in the unit square of the vectors of each layer: laid out where missing.

    `kept` gets the keys of where they are stored.
    """
    study = place.study_group()
    name = key_of([asked.namespace, VERSION, seed, *asked.keys])  # which names all of the layers
    target = f"layout-{name[:12]}"
    keys = [key_of([name, each.layer.name]) for each in drawn]
    there = find_rows(study, target)
    missing = [index for index, key in enumerate(keys) if key not in there]
    if missing:
        parts = max(each.parts for each in drawn)
        display.phase("arranging the layers alike")
        common = _in_common(drawn, parts, seed)
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
                rows=tuple(drawn[index].stored.rows),
                common=common[drawn[index].first_of(parts)],
            )
            for index in missing
        ]
        make(store_layout, tasks, "layers")
        there = find_rows(study, target)
    kept.setdefault(target, set()).update(keys)
    return [to_square(read_rows(study, target, [there[key]], "position")[0]) for key in keys]


def _in_common(drawn: Sequence[DrawnLayer], parts: int, seed: int) -> NDArray[np.float32]:
    """Where each place lies in the layout of all layers, (n * P, 2), of n photos of P `parts`."""
    places = len(drawn[0].stored.rows) * parts
    some = evenly(places, LAID_OUT)
    layout = CommonLayout.of([each.at(some, parts) for each in drawn], seed)
    position = np.empty((places, 2), np.float32)
    if len(some) < places:
        first = 0
        for read in zip(*(each.stored.vectors() for each in drawn), strict=True):
            vectors = [
                each.repeated(some_of, parts) for each, some_of in zip(drawn, read, strict=True)
            ]
            part = slice(first, first + len(vectors[0]))
            position[part] = layout.place(vectors)
            first = part.stop
    position[some] = layout.position
    return position
