"""What a worker does for attribution graphs: pass some photos, and store the graph of each."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attribution_task import PhotoTask, row_batches
from diamond_cutter.precompute.jobs.task import failures_told
from diamond_cutter.precompute.photos.photo import read_image
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution_graphs.graph_tracer import GraphTracer

VERSION = 1
"""Of graphs: raised when the same photo, head and request give another one."""


@dataclass(frozen=True)
class GraphRequest:
    """What is asked of a cut's photos: see `GraphTracer`. `nodes`: of each layer, at most."""

    network: Network
    layers: tuple[str, ...]
    pooling: str
    baseline: tuple[tuple[float, ...], ...]
    nodes: int

    @property
    def cut(self) -> str:
        """The cut's name."""
        return self.layers[-1]


def store_graphs(address: str, threads: int, task: PhotoTask) -> None:  # noqa: ARG001
    """Make a task's part in the store at `address`; raises as `store_attribution` does.

    Beside the arrays of each graph the part holds what all channels give: `gives-<layer>` (n, C).
    """
    from diamond_cutter.precompute.attribution.attributor import BATCH
    from diamond_cutter.precompute.backbones.formats.photo_input import prepare

    with failures_told(task, address):
        request: GraphRequest = task.request
        tracer = _tracer(request)
        free = ((-1,) * request.nodes,) * len(request.layers)
        arrays: dict[str, list[NDArray[Any]]] = {}
        for batch in row_batches(task.rows, BATCH):
            images = np.stack([prepare(read_image(row.photo), tracer.size) for row in batch])
            labels = np.array([row.label for row in batch])
            nodes = np.array([row.nodes or free for row in batch])
            graph, gives = tracer.trace(images, labels, nodes, task.heads[batch[0].head])
            named = zip((f"gives-{layer}" for layer in request.layers), gives, strict=True)
            for name, values in (*graph.items(), *named):
                arrays.setdefault(name, []).append(values)
        study = subgroup(open_store(address, "r+"), task.study)
        joined = {name: np.concatenate(values) for name, values in arrays.items()}
        attribution_writer.write_arrays(study, task.namespace, task.part, task.keys, joined)


@lru_cache(maxsize=1)
def _tracer(request: GraphRequest) -> "GraphTracer":
    """What this worker asks with; its graph goes when it moves on."""
    from diamond_cutter.precompute.attribution_graphs.graph_tracer import GraphTracer
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    backbone = catalogue.load_network(request.network)
    return GraphTracer(backbone, request.layers, request.pooling, request.baseline)
