"""Renderers as a machine runs them: processes that start together and are timed by the wall clock.

Ours and MaCo run as in an atlas, one process of one thread on each core; Lucid, which knows no
workers, is one process with all cores.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from threading import BrokenBarrierError
from typing import Any

import numpy as np
from contestants import Images, quiet
from floor import Rates, measured, together

from diamond_cutter.precompute.jobs.cluster import ENVIRONMENT
from diamond_cutter.precompute.rendering.recipes import Recipe
from diamond_cutter.precompute.rendering.targets import Family, Target

Batches = Sequence[Sequence[Target]]

_barrier: Any = None


@dataclass(frozen=True)
class Job:
    """What to render targets with; see `make_renderer`."""

    renderer: str
    backbone: str
    layer: str
    recipe: Recipe
    seed: int
    batch: int
    side: int


@dataclass(frozen=True)
class Crew:
    """`size` processes, for work that all of them do at once."""

    pool: ProcessPoolExecutor
    size: int

    def rates(self) -> Rates:
        """What all do together at most."""
        return together(self._all(_rates, [()] * self.size))

    def render(self, job: Job, batches: Batches) -> tuple[list[Images], float]:
        """The pictures of each batch, and the wall seconds that the machine takes for one of them.

        Nobody is idle meanwhile: where batches run out, some are rendered again. A process's first
        batch, which traces, is rendered before the clock starts.
        """
        each = -(-len(batches) // self.size)
        numbers = [
            [(worker * each + number) % len(batches) for number in range(each)]
            for worker in range(self.size)
        ]
        parts = [(job, [batches[number] for number in own]) for own in numbers]
        made = self._all(_render, parts)
        images: dict[int, Images] = {}
        for own, (_, _, pictures) in zip(numbers, made, strict=True):
            images.update(zip(own, pictures, strict=True))
        taken = max(end for _, end, _ in made) - min(start for start, _, _ in made)
        count = sum(len(batches[number]) for own in numbers for number in own)
        return [images[number] for number in range(len(batches))], taken / count

    def _all(self, work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Each waits for all others before it starts the clock, so that no process gets two."""
        futures = [self.pool.submit(work, *each) for each in arguments]
        errors = [future.exception() for future in futures]
        for error in errors:
            if error is not None and not isinstance(error, BrokenBarrierError):
                raise error
        return [future.result() for future in futures]


@contextmanager
def crew(size: int, *, one_thread: bool) -> Iterator[Crew]:
    """`size` processes, each of one thread as a worker of the atlas or with all cores."""
    context = get_context("spawn")
    barrier = context.Barrier(size)
    pool = ProcessPoolExecutor(
        size, mp_context=context, initializer=_start, initargs=(barrier, one_thread)
    )
    with pool:
        yield Crew(pool, size)


def _start(barrier: Any, one_thread: bool) -> None:
    """Before TensorFlow is imported; NumPy already is."""
    global _barrier
    _barrier = barrier
    quiet()
    if one_thread:
        os.environ.update(ENVIRONMENT)


def _rates() -> Rates:
    measured(
        time.monotonic
    )  # all have started TensorFlow, and are still busy when the fastest measures
    _barrier.wait()
    rates = measured(time.monotonic)
    _barrier.wait()
    return rates


@cache
def _backbone(name: str) -> Any:
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    return catalogue.load(name)


def _render(job: Job, batches: Batches) -> tuple[float, float, list[Images]]:
    """When the clock started and ended, and the pictures of each batch."""
    from diamond_cutter.precompute.rendering.render_plan import RenderPlan
    from diamond_cutter.precompute.rendering.renderer_choice import make_renderer

    try:
        backbone = _backbone(job.backbone)
        renderer = make_renderer(
            job.renderer,
            backbone,
            backbone.layer(job.layer),
            job.recipe,
            seed=job.seed,
            family=Family.CHANNEL,
            plan=RenderPlan(batch=job.batch),
            side=job.side,
        )
        if job.renderer != "lucid":  # it begins a graph in each call: that is its own way
            renderer.render(batches[0])
        _barrier.wait()
        start = time.monotonic()
        images = [np.asarray(renderer.render(batch).images) for batch in batches]
        return start, time.monotonic(), images
    except BaseException:
        _barrier.abort()
        raise
