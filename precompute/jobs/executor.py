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

from distributed import Future

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.backlog import Backlog
from diamond_cutter.precompute.jobs.cluster import Workforce
from diamond_cutter.precompute.jobs.progress import Throughput, fits
from diamond_cutter.precompute.jobs.task import HitsEverythingError, Task

TICK_SECONDS = 0.5
LONELY_SECONDS = 60.0
ATTEMPTS = 3
"""How often a task is tried that ends in an error or with its worker's death."""


@dataclass(frozen=True)
class _Started:
    """A task given to a worker, and when, on the monotonic clock."""

    task: Task
    worker: str
    future: Future[None]
    at: float


@dataclass
class Dispatch:
    """One pass over a backlog.

    work: makes and stores a task, in a worker; it and the task are pickled.
    left: seconds left of the budget, or None.
    done, failed: called with every task that is settled; `failed` with its error in one line.
    tick: called at least twice a second with the tasks being made and the number of workers.
    """

    workforce: Workforce
    work: Callable[[Any], None]
    backlog: Backlog
    pace: Throughput
    left: Callable[[], float | None]
    done: Callable[[Task], None]
    failed: Callable[[Task, str], None]
    tick: Callable[[list[Task], int], None]
    _running: dict[Any, _Started] = field(default_factory=dict)
    _warm: set[str] = field(default_factory=set)
    _attempts: Counter[Task] = field(default_factory=Counter)
    _settled: "queue.SimpleQueue[Future[None]]" = field(default_factory=queue.SimpleQueue)

    def run(self) -> None:
        """Work until the backlog is empty or nothing of it fits into the time left.

        Raises `UserError` for what hits every task alike, and if all workers are gone for good.
        """
        last_seen = time.monotonic()
        while True:
            workers = self.workforce.addresses()
            if workers:
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > LONELY_SECONDS:
                raise UserError(
                    f"the cluster has had no worker for {LONELY_SECONDS:.0f} s; what was done is "
                    "kept: start workers, and run the same command again"
                )
            self._take_from_the_dead(workers)
            busy = {started.worker for started in self._running.values()}
            for worker in (worker for worker in workers if worker not in busy):
                self._start(worker)
            self.tick([started.task for started in self._running.values()], len(workers))
            if workers and not self._running:
                return
            left = self.left()
            if left is not None and left <= 0:
                self.workforce.client.cancel([started.future for started in self._running.values()])
                return
            try:
                self._settle(self._settled.get(timeout=TICK_SECONDS))
            except queue.Empty:
                continue

    def _start(self, worker: str) -> None:
        task = self.backlog.take(worker, lambda task: fits(self.pace.expected(task), self.left()))
        if task is None:
            return
        future = self.workforce.client.submit(
            self.work,
            task,
            key=f"{task.where} {uuid4().hex}",
            workers=[worker],
            pure=False,
        )
        self._running[future.key] = _Started(task, worker, future, time.monotonic())
        future.add_done_callback(self._settled.put)

    def _take_from_the_dead(self, workers: Sequence[str]) -> None:
        """Take back the tasks of workers that are gone; Dask would wait for these to return."""
        self.backlog.keep_workers(workers)
        for key, started in list(self._running.items()):
            if started.worker not in workers and started.future.status != "finished":
                del self._running[key]
                self.workforce.client.cancel([started.future])
                self._again(started.task, "its worker died; too little --memory-limit?")

    def _settle(self, future: Future[None]) -> None:
        started = self._running.pop(future.key, None)
        if started is None:
            return
        error = future.exception() if future.status == "error" else None
        if isinstance(error, HitsEverythingError):
            raise UserError(str(error))
        if error is not None or future.cancelled():
            text = str(error or "cancelled by the scheduler")
            self._again(started.task, " ".join(text.split()))
        else:
            # A worker's first task is no measure: libraries and models start in it.
            if started.worker in self._warm:
                self.pace.add(started.task, time.monotonic() - started.at)
            self._warm.add(started.worker)
            self.done(started.task)

    def _again(self, task: Task, error: str) -> None:
        self._attempts[task] += 1
        if self._attempts[task] < ATTEMPTS:
            self.backlog.put_back(task)
        else:
            self.failed(task, error)
