"""What a cut network costs with its head."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.cost import (
    FLOAT,
    count_bytes,
    count_gflops,
    count_parameters,
)
from diamond_cutter.precompute.contract.study import Cost
from diamond_cutter.precompute.study.latency import Latency


def find_cost(
    backbone: Backbone,
    cut: str,
    head: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
    latency: Latency,
) -> Cost:
    """The cost of the network up to `cut` and the dense layers of its head, (D, U) and (U,) each.

    Parameters as publications count them: those of BatchNorm too, which `bytes` has folded away.
    """
    graph = backbone.graph
    products = sum(weight.size for weight, _ in head)
    numbers = products + sum(bias.size for _, bias in head)
    return Cost(
        parameters=count_parameters(graph, cut) + numbers,
        gflops=count_gflops(graph, backbone.input_size, cut) + 2 * products / 1e9,
        bytes=count_bytes(graph, cut) + FLOAT * numbers,
        latency=latency.single,
        batch_latency=latency.batched,
        batch=latency.batch,
    )
