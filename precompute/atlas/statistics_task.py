"""What a worker does before it renders: pass photos through some layers, measure, and store."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.activation_moments import Measured
from diamond_cutter.precompute.atlas.atlas_plan import Plan
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.jobs.task import NetworkTask, failures_told
from diamond_cutter.precompute.rendering.recipes import canvas_side
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    DIGITS,
    PHOTO_SIDE,
    WIDEST,
    read_photo_pictures,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import (
    lacks_natural,
    network_group,
    write_natural,
    write_photo_pictures,
)
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup

Measure = Callable[[Network, Sequence[Layer], int, Photos], Iterable[Measured]]
"""Measures layers on photos as squares of a side, in order; importable by name in every worker."""

MEMORY = 2.5e8
"""Bytes of the covariances that are summed up in one pass."""


@dataclass(frozen=True)
class StatisticsTask(NetworkTask):
    """What one task makes: the natural statistics of layers whose pictures are of one side.

    keeps_photos: whether it keeps the photos in the atlas, too, where they are not yet: one of a
    run does, since no two writers must meet.
    """

    layers: tuple[Layer, ...]
    side: int
    photos: Photos = field(compare=False)
    keeps_photos: bool = False

    @property
    def effort(self) -> float:
        """The pixels of a photo."""
        return float(self.side**2)

    @property
    def size(self) -> int:
        """How many layers are measured."""
        return len(self.layers)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        first, last = self.layers[0].name, self.layers[-1].name
        names = first if first == last else f"{first} to {last}"
        return f"{self.network.name} natural statistics of {names}"


def passes(plan: Plan, atlas: zarr.Group) -> list[StatisticsTask]:
    """The natural statistics that a prepared atlas lacks of a plan, as many in a pass as fit."""
    groups: dict[tuple[str, int], list[list[Layer]]] = {}
    for model, layer in ((each.model.name, each.layer) for each in plan.selections):
        stored = subgroup(atlas, f"{model}/{layer.name}")
        if lacks_natural(stored, plan.photos.named_digest):
            alike = groups.setdefault((model, canvas_side(layer.receptive_field)), [[]])
            if sum(map(_memory, [*alike[-1], layer])) > MEMORY:
                alike.append([])
            alike[-1].append(layer)
    parts = [(key, tuple(layers)) for key, alike in groups.items() for layers in alike if layers]
    return [
        StatisticsTask(plan.networks[model], layers, side, plan.photos, keeps_photos=not number)
        for number, ((model, side), layers) in enumerate(parts)
    ]


def _memory(layer: Layer) -> int:
    return 8 * layer.channels**2 if layer.channels <= WIDEST else 0


def store_natural(address: str, measure: Measure, task: StatisticsTask) -> None:
    """Measure the layers of a pass and write that into the atlas at `address`.

    Raises `TaskError` if this pass fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        atlas = open_atlas(address, mode="r+")
        model = network_group(atlas, task.network)
        are_there = task.photos.digest[:DIGITS] in read_photo_pictures(atlas)
        if task.keeps_photos and task.photos.files and not are_there:
            pictures = map(_picture, task.photos.images())
            write_photo_pictures(atlas, task.photos.digest, pictures, len(task.photos.files))
        measured = measure(task.network, task.layers, task.side, task.photos)
        for layer, found in zip(task.layers, measured, strict=True):
            write_natural(subgroup(model, layer.name), *found)


def _picture(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo as it is kept."""
    picture: NDArray[np.uint8] = np.rint(255 * prepare(image, PHOTO_SIDE)).astype(np.uint8)
    return picture


def measure_photos(
    network: Network, layers: Sequence[Layer], side: int, photos: Photos
) -> Iterable[Measured]:
    """Measure with Keras, which is imported here, in the worker, and nowhere before."""
    from diamond_cutter.precompute.atlas.activation_measurement import measure_layers
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    return measure_layers(catalogue.load_network(network), layers, side, photos)
