"""What a worker does to lay out a layer: read the vectors drawn, and store a position of each."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.activation_atlas.drawn_vectors import StoredVectors
from diamond_cutter.precompute.activation_atlas.map_layout import LAID_OUT, LayerLayout, evenly
from diamond_cutter.precompute.jobs.task import failures_told
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.shards import RowIndex
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

VERSION = 6
"""Of the layout: raised when the same vectors would lie elsewhere."""
_GFLOP = 0.25
"""What a vector that is laid out takes, in GFLOP of a network that take as long."""


def layout_effort(vectors: int) -> float:
    """What it takes to lay out so many vectors, in GFLOP."""
    return _GFLOP * min(vectors, LAID_OUT)


@dataclass(frozen=True)
class LayoutTask:
    """What one task makes: the positions of a layer's vectors, stored as one row under `key`.

    study, namespace: where the vectors are stored; rows: of each photo. common (V, 2) float32:
    where each vector lies in the layout of all layers, and `held` how much that counts. target:
    the namespace of what is made.
    """

    network: Network
    layer: str
    depth: int
    study: str
    namespace: str
    target: str
    key: str
    seed: int
    held: float
    rows: tuple[RowIndex, ...] = field(compare=False)
    common: NDArray[np.float32] = field(compare=False)

    @property
    def group(self) -> tuple[str, str]:
        """The backbone and the layer."""
        return (self.network.name, self.layer)

    @property
    def effort(self) -> float:
        """About what it takes, in GFLOP."""
        return layout_effort(len(self.common))

    @property
    def size(self) -> int:
        """A layer."""
        return 1

    @property
    def where(self) -> str:
        """The task as messages name it."""
        return f"{self.network.name} {self.layer} layout"


def store_layout(address: str, threads: int, task: LayoutTask) -> None:  # noqa: ARG001
    """Lay out a layer and store where its vectors lie; raises as `store_attribution` does."""
    with failures_told(task, address):
        study = subgroup(open_store(address, "r+"), task.study)
        stored = StoredVectors(study, task.namespace, task.layer, task.rows)
        parts = len(task.common) // len(task.rows)
        some = evenly(len(task.common), LAID_OUT)
        laid_out = stored.some(*np.divmod(some, parts))
        layout = LayerLayout.of(laid_out, task.common[some], task.seed, held=task.held)
        position = np.empty_like(task.common)
        if len(some) < len(position):
            first = 0
            for read in stored.vectors():
                part = slice(first, first + parts * len(read))
                vectors = read.reshape(-1, read.shape[2])
                position[part] = layout.place(vectors, task.common[part])
                first = part.stop
        position[some] = layout.position
        arrays = {"position": position[None]}
        attribution_writer.write_arrays(study, task.target, task.key[:16], [task.key], arrays)
