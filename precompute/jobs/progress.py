"""How far one pass is, and how long its tasks take: measured, and expected of those to come."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from diamond_cutter.precompute.jobs.display import Status
from diamond_cutter.precompute.jobs.task import Task, TaskGroup

MARGIN = 1.25
"""How much longer than expected a task may take; those that fit have this room."""


class Throughput:
    """Seconds a task, place by place; an unmeasured place takes after the nearest in depth."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._rates: dict[TaskGroup, dict[int, list[float]]] = defaultdict(dict)

    def add(self, task: Task, seconds: float) -> None:
        """Take in that a task took so many seconds; of one of no effort known, nothing."""
        if not task.effort:
            return
        depths = self._rates[task.group[:-1]]
        depths.setdefault(task.depth, []).append(seconds / task.effort)

    def expected(self, task: Task) -> float | None:
        """The seconds a task will take; None as long as nothing near it was measured."""
        depths = self._rates.get(task.group[:-1])
        if not depths:
            return None
        nearest = min(depths, key=lambda depth: (abs(depth - task.depth), depth))
        rates = depths[nearest]
        return task.effort * sum(rates) / len(rates)


def fits(expected: float | None, left: float | None) -> bool:
    """Whether a task that takes `expected` seconds, if that is known, fits into those `left`."""
    return left is None or left > MARGIN * (expected or 0.0)


class Progress:
    """Counts what of a pass is there."""

    def __init__(
        self, title: str, noun: str, totals: Mapping[TaskGroup, int], tasks: Sequence[Task]
    ) -> None:
        """`tasks` are those that are missing at the start of `totals`; `noun`: what is counted."""
        self._title, self._noun = title, noun
        self._total = Counter(totals)
        self._done = self._total.copy()
        self._left = set(tasks)
        for task in tasks:
            self._done[task.group] -= task.size
        self._made = 0

    def done(self, task: Task) -> None:
        """Count a task that was stored."""
        self._left.discard(task)
        self._done[task.group] += task.size
        self._made += task.size

    def failed(self, task: Task) -> None:
        """Count a task out that is given up."""
        self._left.discard(task)

    def standing(
        self, places: Iterable[TaskGroup], pace: Throughput, workers: int, seconds: float
    ) -> Status:
        """How far the pass is after `seconds`, with its `workers` at work on `places`."""
        expected = [pace.expected(task) for task in self._left]
        known = [each for each in expected if each is not None]
        return Status(
            title=self._title,
            noun=self._noun,
            done=self._done.total(),
            total=self._total.total(),
            rate=self._made / seconds if seconds else 0.0,
            left=sum(known) / max(workers, 1) if len(known) == len(expected) else None,
            places=tuple(
                (place[-1], self._done[place], self._total[place]) for place in sorted(set(places))
            ),
        )
