"""What a worker does besides rendering: find the weights between a cut and a layer behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import zarr

from diamond_cutter.precompute.atlas.atlas_plan import Plan
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.jobs.task import NetworkTask, failures_told
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import network_group
from diamond_cutter.precompute.stores.atlas.circuit_layout import (
    BLOCK,
    Circuit,
    blocks,
    lacks_circuit,
    source_of,
    write_circuit,
)
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup

Weigh = Callable[[Network, Layer, Layer, range, Photos, int], Circuit]
"""Finds the weights from a cut to channels of a layer; importable by name in every worker."""


@dataclass(frozen=True)
class CircuitTask(NetworkTask):
    """What one task makes: the weights from a cut, `source`, to a block of a layer's channels.

    kept: how many inputs of each output, and outputs of each input, keep their kernels.
    """

    source: Layer
    layer: Layer
    first: int
    kept: int
    photos: Photos = field(compare=False)

    @property
    def outputs(self) -> range:
        """The channels of the block."""
        return range(self.first, min(self.first + BLOCK, self.layer.channels))

    @property
    def effort(self) -> float:
        """The places that are looked at, and what comes in at each."""
        return len(self.outputs) * self.source.channels / (self.source.stride or 1) ** 2

    @property
    def size(self) -> int:
        """How many channels there are of the layer."""
        return len(self.outputs)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        numbers = f"{self.outputs[0]}-{self.outputs[-1]}"
        return f"{self.network.name}/{self.layer.name} circuits of channels {numbers}"


def circuit_tasks(plan: Plan) -> list[CircuitTask]:
    """The circuits of a plan, whether they are there or not."""
    layers = {model.name: list(layers) for model, layers in plan.models}
    return [
        CircuitTask(
            plan.networks[entry.model.name], source, entry.layer, first, plan.circuits, plan.photos
        )
        for entry in plan.selections
        if plan.circuits and (source := source_of(layers[entry.model.name], entry.layer))
        for first in blocks(entry.layer.channels)
        if any(first <= channel < first + BLOCK for channel in entry.channels)
    ]


def is_missing(task: CircuitTask, atlas: zarr.Group) -> bool:
    """Whether a prepared atlas lacks what a task makes."""
    layer = subgroup(atlas, f"{task.network.name}/{task.layer.name}")
    return lacks_circuit(layer, task.first, task.kept, task.photos.named_digest)


def store_circuit(address: str, weigh: Weigh, task: CircuitTask) -> None:
    """Find the weights of a task and write them into the atlas at `address`.

    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        layer = subgroup(
            network_group(open_atlas(address, mode="r+"), task.network), task.layer.name
        )
        circuit = weigh(task.network, task.source, task.layer, task.outputs, task.photos, task.kept)
        write_circuit(layer, task.first, circuit, task.kept, task.photos.digest)


def weigh_channels(
    network: Network, source: Layer, layer: Layer, outputs: range, photos: Photos, kept: int
) -> Circuit:
    """Measure with Keras, which is imported in the worker, and nowhere before."""
    circuit: Circuit = _meter(network, source, layer, photos).measure(outputs, kept)
    return circuit


@lru_cache(maxsize=1)
def _meter(network: Network, source: Layer, layer: Layer, photos: Photos) -> Any:
    """What measures the layer that this worker is on; its graphs and maps go when it moves on."""
    from diamond_cutter.precompute.atlas.circuits.circuit_measurement import CircuitMeter
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    return CircuitMeter(catalogue.load_network(network), source, layer, photos)
