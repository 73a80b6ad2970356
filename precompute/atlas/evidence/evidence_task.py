"""What a worker does after rendering: have another network judge the pictures of a layer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.atlas_plan import Plan
from diamond_cutter.precompute.atlas.evidence.evidence_trials import FEWEST
from diamond_cutter.precompute.jobs.task import NetworkTask, failures_told
from diamond_cutter.precompute.rendering.recipes import canvas_side
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    PhotoValues,
    photos_name,
    read_photo_values,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import lacks_natural, network_group
from diamond_cutter.precompute.stores.atlas.evidence_layout import (
    Evidence,
    lacks_evidence,
    write_evidence,
)
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import array, subgroup

Judge = Callable[[Network, str, str, zarr.Group, PhotoValues, Layer], Evidence]
"""Judges a layer: the observer, atlas and photos' digest, the layer's group and values.

Importable by name in every worker.
"""


@dataclass(frozen=True)
class EvidenceTask(NetworkTask):
    """What one task makes: the evidence of a layer, by an observer, of photos of that digest."""

    layer: Layer
    observer: Network
    photos: str

    @property
    def effort(self) -> float:
        """The pictures that are looked at."""
        return float(self.layer.channels)

    @property
    def size(self) -> int:
        """How many channels there are of the layer."""
        return self.layer.channels

    @property
    def where(self) -> str:
        """The task as messages name it."""
        return f"{self.network.name}/{self.layer.name} evidence by {self.observer.name}"


def evidence_tasks(plan: Plan) -> list[EvidenceTask]:
    """The evidence of a plan, whether it is there or not."""
    return [
        EvidenceTask(
            plan.networks[entry.model.name],
            entry.layer,
            plan.observers[entry.model.name],
            plan.photos.digest,
        )
        for entry in plan.selections
        if entry.model.name in plan.observers and len(plan.photos.files) >= FEWEST
    ]


def lacks(task: EvidenceTask, atlas: zarr.Group) -> bool:
    """Whether a prepared atlas lacks what a task makes, or it is of other pictures."""
    layer = subgroup(atlas, f"{task.network.name}/{task.layer.name}")
    return lacks_evidence(layer, task.observer, task.photos)


def store_evidence(address: str, judge: Judge, task: EvidenceTask) -> None:
    """Judge the pictures of a layer as they are now, and write that into the atlas at `address`.

    Nothing is written where the natural statistics could not be measured.
    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        atlas = open_atlas(address, mode="r+")
        layer = subgroup(network_group(atlas, task.network), task.layer.name)
        values = None if lacks_natural(layer, task.photos) else read_photo_values(layer)
        if values is None or photos_name(task.photos) not in atlas:
            return
        evidence = judge(task.observer, address, task.photos, layer, values, task.layer)
        write_evidence(layer, evidence, task.observer, task.photos)


def judge_layer(
    observer: Network,
    address: str,
    photos: str,
    group: zarr.Group,
    values: PhotoValues,
    layer: Layer,
) -> Evidence:
    """Judge with Keras, which is imported in the worker, and nowhere before."""
    from diamond_cutter.precompute.atlas.evidence.evidence_measurement import judge

    level = np.asarray(array(group, "level")[:])
    there = np.flatnonzero(level)
    images = array(group, "images")
    observing = _observer(observer)
    seen = _seen(observer, address, photos)
    shown = [np.zeros((len(level), maps.shape[-1]), np.float32) for maps in seen]
    for start in range(0, len(there), _TOGETHER):
        some = there[start : start + _TOGETHER]
        pictures = observing.see(np.asarray(images[int(channel)]) for channel in some)
        for means, maps in zip(shown, pictures, strict=True):
            means[some] = maps.mean(axis=(1, 2), dtype=np.float32)
    side = canvas_side(layer.receptive_field)
    return judge(seen, shown, level, values, side, layer.receptive_field, observer.name)


_TOGETHER = 64
"""Pictures that are held in memory at a time."""


@lru_cache(maxsize=1)
def _observer(observer: Network) -> Any:
    from diamond_cutter.precompute.atlas.evidence.evidence_measurement import Observer
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    return Observer(catalogue.load_network(observer))


@lru_cache(maxsize=1)
def _seen(observer: Network, address: str, photos: str) -> list[NDArray[np.float16]]:
    """What an observer makes of the photos that an atlas keeps; it stays for the next layer."""
    pictures = array(open_atlas(address), photos_name(photos))
    found = [
        _observer(observer).see(np.asarray(pictures[start : start + _TOGETHER]))
        for start in range(0, pictures.shape[0], _TOGETHER)
    ]
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]
