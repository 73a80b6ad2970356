"""Hands the tasks of one pass to the workers, one at a time each, and takes in what came of them.

One at a time, so that a worker that dies takes no other task with it into blame. Nothing is fetched
from workers: what a task made is in the store, and a result would be lost with its worker.

`distributed.as_completed` can't be asked for half a second, and `retries` send a task again where
all others would fail too, and to its worker, which may be dead: so both are done here.
"""

import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from distributed import Client, Future

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.backlog import Backlog
from diamond_cutter.precompute.jobs.cluster import Workforce
from diamond_cutter.precompute.jobs.lost_tasks import ASIDE_SECONDS, MOST, LostTasks, host_of
from diamond_cutter.precompute.jobs.progress import Throughput, fits
from diamond_cutter.precompute.jobs.store_absence import StoreAbsence
from diamond_cutter.precompute.jobs.task import HitsEverythingError, StoreAwayError, Task

TICK_SECONDS = 0.5
LOOK_SECONDS = 0.2
LONELY_SECONDS = 60.0
ATTEMPTS = 3
"""How often a task is tried that ends in an error or with its worker's death."""


@dataclass(frozen=True)
class _Started:
    """A task given to a worker, when, on the monotonic clock, and by which connection."""

    task: Task
    worker: str
    future: Future[None]
    at: float
    client: Client


@dataclass
class Dispatch:
    """One pass over a backlog.

    work: makes and stores a task, in a worker; it and the task are pickled.
    left: seconds left of the budget, or None.
    done, failed: called with every task that is settled; `failed` with its error in one line.
    tick: called at least twice a second with the tasks being made and the number of workers.
    tell: called with one line for what went wrong and is made good.
    """

    workforce: Workforce
    work: Callable[[Any], None]
    backlog: Backlog
    pace: Throughput
    left: Callable[[], float | None]
    done: Callable[[Task], None]
    failed: Callable[[Task, str], None]
    tick: Callable[[list[Task], int], None]
    tell: Callable[[str], None]
    _running: dict[Any, _Started] = field(default_factory=dict)
    _warm: set[str] = field(default_factory=set)
    _attempts: Counter[Task] = field(default_factory=Counter)
    _lost: LostTasks = field(default_factory=LostTasks)
    _absence: StoreAbsence = field(init=False)
    _lonely_since: float | None = None
    _settled: "queue.SimpleQueue[Future[None]]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        """Take the store to be there."""
        self._absence = StoreAbsence(self.tell)

    def run(self) -> None:
        """Work until the backlog is empty or nothing of it fits into the time left.

        Raises `UserError` for what hits every task alike, and if all workers, or the store, are
        gone for good.
        """
        looked_at = -LOOK_SECONDS
        workers: list[str] = []
        while True:
            # Not for each task: looking takes longer than handing one out.
            is_to_look = time.monotonic() - looked_at >= LOOK_SECONDS or not self._running
            if is_to_look:
                workers, looked_at = self._look(), time.monotonic()
            busy = {started.worker for started in self._running.values()}
            usable = self._lost.usable(workers)
            pause = self._absence.pause()
            for worker in (each for each in usable if each not in busy and not pause):
                self._start(worker, usable)
            if is_to_look or not self._running:
                self.tick([started.task for started in self._running.values()], len(workers))
            if workers and not self._running and not pause:
                return
            left = self.left()
            if left is not None and left <= 0:
                self.workforce.client.cancel([started.future for started in self._running.values()])
                return
            try:
                self._settle(self._settled.get(timeout=TICK_SECONDS))
                while True:
                    self._settle(self._settled.get_nowait())
            except queue.Empty:
                continue

    def _look(self) -> list[str]:
        """The workers that are there now; what was given to others is taken back."""
        workers = self.workforce.addresses()
        if workers:
            self._lonely_since = None
        elif self._lonely_since is None:
            self._lonely_since = time.monotonic()
        elif time.monotonic() - self._lonely_since > LONELY_SECONDS:
            raise UserError(
                f"the cluster has had no worker for {LONELY_SECONDS:.0f} s; what was done is "
                "kept: start workers, and run the same command again"
            )
        self._take_from_the_dead(workers)
        return workers

    def _start(self, worker: str, usable: Sequence[str]) -> None:
        left, client = self.left(), self.workforce.client

        def may_take(task: Task) -> bool:
            has_time = left is None or fits(self.pace.expected(task), left)
            return has_time and self._lost.may_take(task, worker, usable)

        task = self.backlog.take(worker, may_take)
        if task is None:
            return
        future = client.submit(
            self.work,
            task,
            key=f"{task.where} {uuid4().hex}",
            workers=[worker],
            pure=False,
        )
        self._running[future.key] = _Started(task, worker, future, time.monotonic(), client)
        future.add_done_callback(self._settled.put)

    def _take_from_the_dead(self, workers: Sequence[str]) -> None:
        """Take back the tasks of workers that are gone; Dask would wait for these to return."""
        self.backlog.keep_workers(workers)
        for key, started in list(self._running.items()):
            if started.client is not self.workforce.client:
                del self._running[key]
                self.backlog.put_back(started.task)
            elif started.worker not in workers and started.future.status != "finished":
                del self._running[key]
                self.workforce.client.cancel([started.future])
                self._again(
                    started, "its worker is gone: killed, cut off, or too little --memory-limit"
                )

    def _settle(self, future: Future[None]) -> None:
        started = self._running.pop(future.key, None)
        if started is None:
            return
        if future.cancelled():  # by nobody here: the scheduler was away, and knows of no task
            self.backlog.put_back(started.task)
            return
        error = future.exception() if future.status == "error" else None
        if isinstance(error, StoreAwayError):
            self._absence.missed(error)
            self.backlog.put_back(started.task)
            return
        if isinstance(error, HitsEverythingError):
            raise UserError(str(error))
        if error is not None:
            self._again(started, " ".join(str(error).split()))
        else:
            # A worker's first task is no measure: libraries and models start in it.
            if started.worker in self._warm:
                self.pace.add(started.task, time.monotonic() - started.at)
            self._warm.add(started.worker)
            self._lost.made(started.worker)
            self._absence.reached()
            self.done(started.task)

    def _again(self, started: _Started, error: str) -> None:
        task = started.task
        self._attempts[task] += 1
        is_aside = self._lost.add(task, started.worker)
        if self._attempts[task] < ATTEMPTS:
            self.tell(f"once more: {task.where}, at {started.worker}: {error}")
            self.backlog.put_back(task)
        else:
            self.failed(task, error)
        if is_aside:
            host = host_of(started.worker)
            self.tell(
                f"{host} has lost {MOST} tasks one after the other: it gets none for "
                f"{ASIDE_SECONDS:.0f} s, if others are there"
            )
