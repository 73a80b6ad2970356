"""How long work takes on this machine: by its speed in earlier runs, else by a matrix product."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from dask.system import CPU_COUNT
from threadpoolctl import threadpool_limits

from diamond_cutter.precompute.jobs.kept_speeds import Speed, kind_of, read_speeds

SIDE = 1024
"""Of the matrices that are multiplied."""
SHARES = {
    "features, photos": 0.5,
    "features, views": 0.5,
    "attribution, photos": 0.9,
    "attribution, pictures": 1.2,
    "attribution graphs, photos": 0.9,
    "activation atlas, photos": 0.9,
    "activation atlas, layers": 0.25,
    "activation atlas, cells": 1.2,
    "atlas, preview": 0.45,
    "atlas, standard": 0.45,
}
"""Of the rate of a matrix product, what each kind of work reaches on a CPU; others: all of it."""


def product_rate(clock: Callable[[], float] = time.perf_counter) -> float:
    """The GFLOP a second that a core makes of a large matrix product, at present, by a clock."""
    one = np.ones((SIDE, SIDE), np.float32)
    with threadpool_limits(1):
        one @ one  # starts the library
        started = clock()
        for _ in range(3):
            one @ one
        return 3 * 2 * SIDE**3 / 1e9 / (clock() - started)


@dataclass
class MachineSpeed:
    """The seconds that work takes; `hands`: workers, or cores.

    `sources`: from what it is known, in sentences, of all that was asked.
    """

    speeds: dict[str, Speed]
    hands: int
    measure: Callable[[], float] = product_rate
    sources: set[str] = field(default_factory=set)

    def seconds(self, work: str, model: str, gflop: float) -> tuple[float, bool]:
        """The seconds of so many GFLOP of a kind, and whether a run of that network tells them."""
        name = work.partition(",")[0]
        own = self.speeds.get(kind_of(work, model))
        if own is not None:
            self.sources.add(f"{name} of {model}: by earlier runs here")
            return gflop / own.rate, True
        others = [each for kind, each in self.speeds.items() if kind.startswith(kind_of(work, ""))]
        if others:
            self.sources.add(f"{name} of other networks: by GFLOPs and earlier runs here")
            rate = sum(each.gflop for each in others) / sum(each.seconds for each in others)
            return gflop / rate, False
        self.sources.add("what was not run here yet: by GFLOPs and a matrix product")
        return gflop / (SHARES.get(work, 1.0) * self._rate * self.hands), False

    @cached_property
    def _rate(self) -> float:
        return self.measure()


def machine_speed(cache: Path, workers: int) -> MachineSpeed:
    """What is known of this machine; `workers`: of the settings, 0 for one a core."""
    return MachineSpeed(read_speeds(cache), workers or CPU_COUNT)
