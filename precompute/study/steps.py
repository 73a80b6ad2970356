"""The steps of a study: what is seen of each while it works, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from diamond_cutter.precompute.work.display import Display, Standing

LEAST_SECONDS = 1.0
"""Before which there is no telling how fast a step goes."""

Progress = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done and how much there is."""


@dataclass
class Steps:
    """Shows steps one after the other; `seconds` is what each took, by name."""

    display: Display
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step."""
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)

    def progress(self, noun: str) -> Progress:
        """What shows progress in things of that name, with the time left, from now on."""
        started, current = time.monotonic(), ""

        def show(step: str, done: int, total: int) -> None:
            nonlocal started, current
            if step != current:
                started, current = time.monotonic(), step
            seconds = time.monotonic() - started
            rate = done / seconds if done and seconds > LEAST_SECONDS else None
            left = None if rate is None else (total - done) / rate
            if total:
                self.display.show(Standing(step, noun, done, total, rate, left, ()))

        return show
