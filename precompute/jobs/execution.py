"""The execution of tasks, here or by workers: what they made, what failed, what is said of it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from dask.system import CPU_COUNT

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.backlog import Backlog
from diamond_cutter.precompute.jobs.cluster import Workers, Workforce, workforce
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.jobs.executor import Dispatch
from diamond_cutter.precompute.jobs.kept_speeds import keep_speed, kind_of
from diamond_cutter.precompute.jobs.progress import Progress, Throughput
from diamond_cutter.precompute.jobs.store_absence import StoreAbsence
from diamond_cutter.precompute.jobs.task import (
    HitsEverythingError,
    StoreAwayError,
    Task,
    TaskError,
    TaskGroup,
)
from diamond_cutter.precompute.jobs.worker_log import log_file
from diamond_cutter.precompute.stores.store_address import StoreAddress

HOPELESS = 8
"""Failed tasks after which a run gives up, if none has succeeded."""


@dataclass(frozen=True)
class Failure:
    """A task that failed for good: which, and its error in one line."""

    where: str
    error: str


@dataclass
class Run:
    """What changes while a run works.

    work: makes and stores a task; raises `TaskError` or `HitsEverythingError`. It goes to the
        workers pickled.
    parts: what messages call several tasks: "chunks".
    made: how much was stored, in the sizes of tasks.
    left: seconds left of a budget, or None.
    done: when each task was done, by a clock, and its effort.
    """

    work: Callable[[Task], None]
    display: Display
    parts: str
    left: Callable[[], float | None] = lambda: None
    pace: Throughput = field(default_factory=Throughput)
    made: int = 0
    done: list[tuple[float, float]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def at_workers(self, workforce: Workforce, backlog: Backlog, progress: Progress) -> None:
        """Have the workers make what is in the backlog.

        Raises `UserError` for what hits every task alike, and if all workers are gone for good.
        """
        Dispatch(
            workforce=workforce,
            work=self.work,
            backlog=backlog,
            pace=self.pace,
            left=self.left,
            done=partial(self._done, progress),
            failed=partial(self._failed, progress),
            tick=partial(self._tick, progress, time.monotonic()),
            tell=self.display.note,
        ).run()

    def here(self, tasks: Sequence[Task], progress: Progress) -> None:
        """Make the tasks in this process, one after the other, each tried once.

        For work so short that workers would take longer to start. Raises as `at_workers` does.
        """
        began, here = time.monotonic(), TaskGroup()
        for task in tasks:
            self._tick(progress, began, [task], 1)
            started = time.monotonic()
            try:
                self._work_here(task)
            except HitsEverythingError as error:
                raise UserError(str(error)) from error
            except TaskError as error:
                self._failed(progress, task, str(error))
            else:
                if task.group == here:  # the first task of a place is no measure: it traces
                    self.pace.add(task, time.monotonic() - started)
                here = task.group
                self._done(progress, task)
        self._tick(progress, began, [], 1)

    def _work_here(self, task: Task) -> None:
        absence = StoreAbsence(self.display.note)
        while True:
            try:
                self.work(task)
            except StoreAwayError as error:
                absence.missed(error)
                time.sleep(absence.pause())
            else:
                absence.reached()
                return

    def speed(self, hands: int) -> tuple[float, float]:
        """Effort and seconds of all but the first tasks, of which each of the hands has one.

        Until then workers start and networks are traced. Nothing, if there are no others.
        """
        if len(self.done) <= hands:
            return 0.0, 0.0
        effort = sum(each for _, each in self.done[hands:])
        return effort, self.done[-1][0] - self.done[hands - 1][0]

    def _done(self, progress: Progress, task: Task) -> None:
        self.done.append((time.monotonic(), task.effort))
        progress.done(task)
        self.made += task.size

    def _failed(self, progress: Progress, task: Task, error: str) -> None:
        progress.failed(task)
        self.failures.append(Failure(task.where, error))
        self.display.note(f"failed: {task.where}: {error}")
        if len(self.failures) >= HOPELESS and not self.made:
            raise UserError(
                f"all of the first {len(self.failures)} {self.parts} failed, the last with: "
                f"{error}; mend that, and run the same command again"
            )

    def _tick(self, progress: Progress, began: float, running: Sequence[Task], count: int) -> None:
        places = [task.group for task in running]
        standing = progress.standing(places, self.pace, count, time.monotonic() - began)
        budget = self.left()
        if budget is not None and standing.left is not None:
            standing = replace(standing, left=max(min(standing.left, budget), 0.0))
        self.display.show(standing)


SHORT = 5_000.0
"""GFLOP that this process makes faster on all cores than workers do, whose start takes longer."""


def worker_count(effort: float, settings: Workers) -> int:
    """How many workers make tasks of so much effort in all; 0: this process does."""
    if effort < SHORT and not settings.workers and not settings.scheduler:
        return 0
    return settings.workers or CPU_COUNT


def execute_tasks(
    work: Callable[[str, int, Any], None],
    tasks: Sequence[Task],
    totals: Mapping[TaskGroup, int],
    store_address: StoreAddress,
    settings: Workers,
    display: Display,
    title: str,
    noun: str,
) -> None:
    """Have `work(address, threads, task)` make and store each task; their effort is in GFLOP.

    `totals`: what there is at each place, made or not, counted in `noun`. What is made stays at an
    interrupt, and how fast it was made is kept. Raises `UserError` for tasks that failed for good,
    when all others are made.
    """
    progress = Progress(title, noun, totals, tasks)
    is_here = not worker_count(sum(task.effort for task in tasks), settings)
    make = partial(work, store_address.address, CPU_COUNT if is_here else 1)
    run = Run(make, display, f"parts of the {noun}")
    with log_file(store_address.folder) as log:
        try:
            if is_here:
                display.phase("loading the backbone")
                run.here(tasks, progress)
            else:
                display.phase("starting workers")
                parts: Counter[TaskGroup] = Counter(task.group for task in tasks)
                with workforce(settings, store_address, len(tasks), log, display.note) as workers:
                    run.at_workers(workers, Backlog(tasks, parts), progress)
        except KeyboardInterrupt:
            display.note(f"stopping; the {run.made} {noun} that this run passed are kept")
            raise
    if not settings.scheduler:
        hands = settings.workers or CPU_COUNT
        networks = {name for task in tasks for name in task.group[0].split(", ")}
        kinds = [kind_of(f"{title}, {noun}", name) for name in sorted(networks)]
        keep_speed(Path(settings.cache), kinds, *run.speed(1 if is_here else hands))
    if run.failures:
        first, *others = run.failures
        raise UserError(
            f"{first.where} failed"
            + (f", and {len(others)} other {run.parts}" if others else "")
            + f": {first.error}; what was made is kept: mend or remove what failed, and run the "
            "same command again"
        )
