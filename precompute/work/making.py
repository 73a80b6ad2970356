"""The making of units, here or by workers, and what is said of those that fail."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from dask.system import CPU_COUNT

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.work.backlog import Backlog
from diamond_cutter.precompute.work.cluster import Workers, workforce
from diamond_cutter.precompute.work.display import Display
from diamond_cutter.precompute.work.log import log_file
from diamond_cutter.precompute.work.progress import Progress
from diamond_cutter.precompute.work.run import Run
from diamond_cutter.precompute.work.target import Target
from diamond_cutter.precompute.work.unit import Place, Unit

SHORT = 5_000.0
"""GFLOP that this process makes faster on all cores than workers do, whose start takes longer."""


def make_units(
    work: Callable[[str, int, Any], None],
    units: Sequence[Unit],
    totals: Mapping[Place, int],
    target: Target,
    settings: Workers,
    display: Display,
    title: str,
    noun: str,
) -> None:
    """Have `work(address, threads, unit)` make and store each unit; their effort is in GFLOP.

    `totals`: what there is at each place, made or not, counted in `noun`. What is made stays at an
    interrupt. Raises `UserError` for units that failed for good, when all others are made.
    """
    progress = Progress(title, noun, totals, units)
    is_short = sum(unit.effort for unit in units) < SHORT
    is_here = is_short and not settings.workers and not settings.scheduler
    run = Run(partial(work, target.address, CPU_COUNT if is_here else 1), display)
    with log_file(target.folder) as log:
        try:
            if is_here:
                display.phase("loading the backbone")
                run.here(units, progress)
            else:
                display.phase("starting workers")
                parts: Counter[Place] = Counter(unit.place for unit in units)
                with workforce(settings, target, len(units), log) as workers:
                    run.at_workers(workers, Backlog(units, parts), progress)
        except KeyboardInterrupt:
            display.note(f"stopping; the {run.made} {noun} that this run passed are kept")
            raise
    if run.failures:
        first, *others = run.failures
        raise UserError(
            f"{first.where} failed"
            + (f", and {len(others)} other parts of the photos" if others else "")
            + f": {first.error}; what was made is kept: mend or remove what failed, and run the "
            "same command again"
        )
