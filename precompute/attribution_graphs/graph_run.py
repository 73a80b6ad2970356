"""The attribution graphs of a study: of its photos, and from what these give those of classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution.attribution_task import PhotoRow
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.attribution.photo_tasks import (
    Make,
    StudySlot,
    ask_rows,
    maker,
    photo_tasks,
)
from diamond_cutter.precompute.attribution_graphs.graph_task import (
    VERSION,
    GraphRequest,
    store_graphs,
)
from diamond_cutter.precompute.jobs.cluster import Workers
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.attribution.attribution_graphs import (
    AttributionGraphs,
    CutGraphs,
    write_graphs,
)
from diamond_cutter.precompute.stores.attribution.attribution_reader import PhotoReader, Source
from diamond_cutter.precompute.stores.shards import find_rows, read_rows
from diamond_cutter.precompute.stores.store_address import subgroup

MOST_LAYERS = 6
"""Of a graph, the cut too: as many as one can read."""
Nodes = tuple[tuple[int, ...], ...]
"""The channels of each layer of a graph."""


def make_graphs(
    place: StudySlot,
    photo_set: PhotoSet,
    cuts_to_explain: Sequence[CutToExplain],
    settings: AttributionSettings,
    workers: Workers,
    display: Display,
) -> dict[str, set[str]]:
    """Make the graphs of cuts that are explained, where missing; the keys of what they need.

    Of each explained photo: for the class that it is taken for, and where that is not its own, for
    its own too. Of each class that photos count for: over these. What was made is kept at an
    interrupt and a kill at any moment. Raises `UserError` as `explain` does.
    """
    if not settings.graph:
        return {}
    make = maker(place, workers, display, "attribution graphs")
    attribution = Source(place.study_group(), subgroup(place.slot_group(), "attribution"))
    kept: dict[str, set[str]] = {}
    for depth, to_explain in enumerate(cuts_to_explain):
        explained = PhotoReader(attribution, *to_explain.pair)
        layers = graph_layers(to_explain.layers)
        request = GraphRequest(
            network=to_explain.backbone.network,
            layers=tuple(layers),
            pooling=to_explain.pooling,
            baseline=tuple(_baseline(explained, layer) for layer in layers),
            nodes=settings.graph,
        )
        asking = _Asking(to_explain, photo_set, request, place, depth, make, kept)
        graphs = _graph_cut(asking, explained.photos, explained.gather("logit").argmax(axis=1))
        write_graphs(subgroup(attribution.group, "/".join(to_explain.pair)), graphs)
    return kept


def graph_layers(layers: Sequence[Layer]) -> list[str]:
    """The layers of a graph, of those that are explained: cuts, evenly spread over the depth."""
    cuts = [layer.name for layer in layers if layer.is_cut]
    if len(cuts) <= MOST_LAYERS:
        return cuts
    return [cuts[round(step * (len(cuts) - 1) / (MOST_LAYERS - 1))] for step in range(MOST_LAYERS)]


def _baseline(explained: PhotoReader, layer: str) -> tuple[float, ...]:
    """The mean activation of each channel over all explained photos and places."""
    return tuple(explained.gather(f"layers/{layer}/mean").mean(axis=0, dtype=float).tolist())


@dataclass(frozen=True, eq=False)
class _Asking:
    """What is asked of a cut, about which photos, and how it is made; `kept` gets all keys."""

    to_explain: CutToExplain
    photo_set: PhotoSet
    request: GraphRequest
    place: StudySlot
    depth: int
    make: Make
    kept: dict[str, set[str]]

    def about(
        self, photo: NDArray[np.int32], label: NDArray[np.int32], nodes: Mapping[int, Nodes]
    ) -> Callable[[str], NDArray[Any]]:
        """Have n photos asked, each about a class; what reads the arrays of the answers, by name.

        `nodes`: of classes, by index; where there are none each photo's own are taken.
        """
        photos, fold = self.photo_set.photos, self.photo_set.fold
        rows = [
            PhotoRow(photos[at], about, int(fold[at]), nodes.get(about, ()))
            for at, about in zip(photo.tolist(), label.tolist(), strict=True)
        ]
        asked = ask_rows(self.to_explain, photo, rows, self.request, VERSION)
        study = self.place.study_group()
        passes = 2 + self.request.nodes  # forward, back from the logit, and from each node
        tasks = list(photo_tasks(asked, study, self.place, self.depth, passes))
        self.make(store_graphs, tasks, "photos")
        self.kept.setdefault(asked.namespace, set()).update(asked.keys)
        found = find_rows(study, asked.namespace)
        return partial(read_rows, study, asked.namespace, [found[key] for key in asked.keys])


def _graph_cut(
    asking: _Asking, photos: NDArray[np.int32], predicted: NDArray[np.integer]
) -> CutGraphs:
    """The graphs of the n explained `photos`, by index, which are taken for `predicted`."""
    label = asking.photo_set.label[photos]
    own = np.where(label >= 0, label, predicted).astype(np.int32)
    wrong = own != predicted
    photo = np.concatenate([photos, photos[wrong]])
    about = np.concatenate([predicted.astype(np.int32), own[wrong]])
    read = asking.about(photo, about, {})
    of_photos = AttributionGraphs(about, photo, np.ones_like(about), *map(read, _ASKED))
    is_own = np.concatenate([~wrong, np.ones(int(wrong.sum()), bool)])
    nodes = _class_nodes(asking.request, read, about, is_own)
    photo, about = photo[is_own], about[is_own]
    read = asking.about(photo, about, nodes)
    labels, counts = np.unique(about, return_counts=True)
    of_classes = AttributionGraphs(
        labels,
        np.full_like(labels, -1),
        counts.astype(np.int32),
        np.array([nodes[k] for k in labels.tolist()], np.int32),
        *(
            np.stack([values[about == k].mean(axis=0) for k in labels])
            for values in map(read, _ASKED[1:])
        ),
    )
    return CutGraphs(list(asking.request.layers), of_classes, of_photos)


_ASKED = [field.name for field in fields(AttributionGraphs)][3:]
"""What photos are asked; the nodes come first."""


def _class_nodes(
    request: GraphRequest,
    read: Callable[[str], NDArray[Any]],
    about: NDArray[np.int32],
    is_own: NDArray[np.bool_],
) -> dict[int, Nodes]:
    """The nodes of each class: the channels that give most in the mean of its photos."""
    from diamond_cutter.precompute.attribution_graphs.graph_tracer import choose_nodes

    chosen: dict[int, list[tuple[int, ...]]] = {}
    for layer in request.layers:
        gives = read(f"gives-{layer}")
        for label in np.unique(about[is_own]).tolist():
            mean = gives[is_own & (about == label)].mean(axis=0)
            nodes = tuple(choose_nodes(mean, request.nodes).tolist())
            chosen.setdefault(label, []).append(nodes)
    return {label: tuple(nodes) for label, nodes in chosen.items()}
