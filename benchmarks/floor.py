"""The floor of rendering: what a picture must cost at least, on what a machine does at most.

Two floors, both of the network's convolutions and dense layers alone, forward and back (the
gradient with respect to the picture costs as much again; the weights are frozen and get none), for
every step of a recipe. Making views, nonlinearities, sums, scoring and storing are in neither.

- Of operations: all of them at the rate of a large float32 matrix product.
- The roofline (Williams, Waterman and Patterson 2009): for each layer that, or the bytes which it
  must read and write at the rate of a copy of as many bytes, whichever takes longer. Depthwise
  convolutions, and others of few channels, move much and compute little.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diamond_cutter.precompute.rendering.recipes import Recipe, view_side
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK

PRODUCT_SIDE = 1024
PRODUCTS = 20
COPIED = (2**18, 2**20, 2**22, 2**24, 2**26)
"""Bytes that copies of several sizes read and write: caches make small ones faster."""
COPIES = 20


@dataclass(frozen=True)
class Rates:
    """What is done at most in a second.

    operations: in a large float32 matrix product, see `product_rate`.
    copies: bytes read and written, in copies of the sizes of COPIED.
    """

    operations: float
    copies: tuple[float, ...]

    def bandwidth(self, size: float) -> float:
        """Bytes a second where so many are read and written at once."""
        return float(np.interp(np.log(size), np.log(COPIED), self.copies))


@dataclass(frozen=True)
class Floor:
    """The least seconds that a picture takes: by operations alone, and by the roofline."""

    operations: float
    roofline: float


def measured(clock: Callable[[], float]) -> Rates:
    """The rates of this process, each the median of several, by a clock in seconds."""
    copies = []
    for size in COPIED:
        source = np.ones(size // 8, np.float32)
        target = np.empty_like(source)
        repeats = COPIED[-1] // size  # a small one is shorter than a tick of the clock

        def copy(target: Any = target, source: Any = source, repeats: int = repeats) -> None:
            for _ in range(repeats):
                np.copyto(target, source)

        copies.append(repeats * size / _median(copy, COPIES, clock))
    return Rates(product_rate(PRODUCT_SIDE, clock), tuple(copies))


def product_rate(side: int, clock: Callable[[], float], precision: str = "float32") -> float:
    """Operations a second in a product of square matrices of that side."""
    from diamond_cutter.precompute.backbones.keras_runtime import keras
    from diamond_cutter.precompute.rendering.backend import adapter

    ops = keras.ops
    matrix = ops.cast(keras.random.normal((side, side), seed=1), precision)
    product = adapter.compiled(lambda given: ops.max(ops.matmul(given, given)))  # nothing to fetch
    taken = _median(lambda: float(ops.cast(product(matrix), "float32")), PRODUCTS, clock)
    return 2 * side**3 / taken


def together(rates: Sequence[Rates]) -> Rates:
    """What several processes do that work at once."""
    copies = zip(*(each.copies for each in rates), strict=True)
    return Rates(sum(each.operations for each in rates), tuple(map(sum, copies)))


def floor(recipe: Recipe, network: Any, side: int, rates: Rates) -> Floor:
    """The least seconds for a picture of `side` pixels, in batches of CHUNK as in an atlas."""
    from diamond_cutter.precompute.backbones.graph.keras_graph import read_graph
    from diamond_cutter.precompute.backbones.graph.network_cost import FLOAT, products

    graph, operations, roofline = read_graph(network), 0.0, 0.0
    for phase in recipe.ascent:
        for each in products(graph, view_side(phase, side)):
            batch = FLOAT * (CHUNK * each.moved + each.weights)
            moving = batch / rates.bandwidth(batch) / CHUNK
            computing = each.operations / rates.operations
            operations += 2 * phase.steps * computing
            roofline += 2 * phase.steps * max(computing, moving)
    return Floor(operations, roofline)


def _median(work: Callable[[], object], times: int, clock: Callable[[], float]) -> float:
    work()
    taken = []
    for _ in range(times):
        start = clock()
        work()
        taken.append(clock() - start)
    return float(np.median(taken))
