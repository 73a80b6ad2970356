"""How long maps will take: told before they are made, and anew of what is left as parts are done.

What the parts take is known in operations, and how fast a core is from a large matrix product, of
whose rate each kind of work reaches a share. When a part is done, what is left is expected to take
as much more, or less, than was thought as that part did.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dask.system import CPU_COUNT

from diamond_cutter.precompute.activation_atlas.layout_task import layout_effort
from diamond_cutter.precompute.activation_atlas.map_cells import grid_sides
from diamond_cutter.precompute.activation_atlas.map_settings import FEW
from diamond_cutter.precompute.jobs.cluster import Workers
from diamond_cutter.precompute.jobs.display import Display, duration
from diamond_cutter.precompute.jobs.machine_speed import product_rate
from diamond_cutter.precompute.jobs.task import Task

SHARES = {"photos": 0.9, "layers": 0.25, "cells": 1.2}
"""Of the rate of a matrix product, that the tasks of each part reach: EfficientNet-Lite0 on a CPU.

`benchmarks/map_speed.py` measures them.
"""
FULL = 0.6
"""Squares of a grid whose cell gets a picture, as a share: measured of Lite0's maps."""
START = 10.0
"""Seconds that workers take to start, and to trace what they run."""
WORTH_TELLING = 15.0
"""Seconds from which on it is said how long something takes."""

Part = tuple[str, ...]
"""A part by its kind, of `SHARES`, and whose it is."""


@dataclass
class Forecast:
    """The seconds that the parts that are left will take."""

    workers: Workers
    display: Display
    rate: float = field(default_factory=product_rate)
    _left: dict[Part, float] = field(init=False, default_factory=dict)
    _slower: float = field(init=False, default=1.0)

    def expect(self, part: Part, effort: float) -> None:
        """Expect a part to take so much effort, in GFLOP, in place of what was expected of it."""
        hands = self.workers.workers or CPU_COUNT
        seconds = effort / (SHARES[part[0]] * self.rate * hands)
        self._left[part] = seconds + START if effort else 0.0

    def tell(self, about: str) -> None:
        """Say how long all that is left takes; nothing where that is next to none, or not known."""
        seconds = self._slower * sum(self._left.values())
        if seconds >= WORTH_TELLING and not self.workers.scheduler:
            self.display.note(f"activation atlas: {about}: about {duration(_rounded(seconds))}")

    @contextmanager
    def part(self, part: Part) -> Iterator[None]:
        """What is done inside is a part; then the others that are left are told of."""
        started = time.monotonic()
        yield
        taken, expected = time.monotonic() - started, self._left.pop(part)
        if expected >= WORTH_TELLING and taken >= WORTH_TELLING:
            self._slower = taken / expected
            if self._left:
                self.tell("the rest")


def cells_expected(finest: int, vectors: int) -> int:
    """How many cells of a layer's map will get a picture, about."""
    sides = grid_sides(finest, vectors) if vectors >= FEW else []
    return round(FULL * sum(side**2 for side in sides))


def layers_effort(layers: int, vectors: int) -> float:
    """What it takes to lay out so many layers of so many vectors each, and what they share."""
    return (layers + (layers > 1)) * layout_effort(vectors)


def effort_of(tasks: Sequence[Task]) -> float:
    """What tasks take, in GFLOP."""
    return sum(task.effort for task in tasks)


def _rounded(seconds: float) -> float:
    """As exact as it is known: to a minute, or five seconds."""
    step = 60 if seconds >= 120 else 5
    return step * max(round(seconds / step), 1)
