"""How far one pass is, and how long its tasks take: measured, and expected of those to come."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diamond_cutter.precompute.jobs.display import Status
from diamond_cutter.precompute.jobs.task import Task, TaskGroup

MARGIN = 1.25
"""How much longer than expected a task may take; those that fit have this room."""


@dataclass
class _Mean:
    total: float = 0.0
    count: int = 0


class Throughput:
    """Seconds a task, place by place; an unmeasured place takes after the nearest in depth."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._rates: dict[TaskGroup, dict[int, _Mean]] = defaultdict(dict)

    def add(self, task: Task, seconds: float) -> None:
        """Take in that a task took so many seconds; of one of no effort known, nothing."""
        if not task.effort:
            return
        mean = self._rates[task.group[:-1]].setdefault(task.depth, _Mean())
        mean.total += seconds / task.effort
        mean.count += 1

    def expected(self, task: Task) -> float | None:
        """The seconds a task will take; None as long as nothing near it was measured."""
        rate = self.rate(task.group, task.depth)
        return None if rate is None else task.effort * rate

    def rate(self, group: TaskGroup, depth: int) -> float | None:
        """The seconds for an effort of 1 at a place; None as long as nothing near was measured."""
        depths = self._rates.get(group[:-1])
        if not depths:
            return None
        mean = (
            depths.get(depth) or depths[min(depths, key=lambda other: (abs(other - depth), other))]
        )
        return mean.total / mean.count


def fits(expected: float | None, left: float | None) -> bool:
    """Whether a task that takes `expected` seconds, if that is known, fits into those `left`."""
    return left is None or left > MARGIN * (expected or 0.0)


@dataclass
class _Left:
    """What is still to be made at a place."""

    tasks: int = 0
    effort: float = 0.0


class Progress:
    """Counts what of a pass is there."""

    def __init__(
        self, title: str, noun: str, totals: Mapping[TaskGroup, int], tasks: Sequence[Task]
    ) -> None:
        """`tasks` are those that are missing at the start of `totals`; `noun`: what is counted."""
        self._title, self._noun = title, noun
        self._total = Counter(totals)
        self._done = self._total.copy()
        self._left: defaultdict[tuple[TaskGroup, int], _Left] = defaultdict(_Left)
        for task in tasks:
            left = self._left[task.group, task.depth]
            left.tasks += 1
            left.effort += task.effort
            self._done[task.group] -= task.size
        self._made = 0

    def done(self, task: Task) -> None:
        """Count a task that was stored."""
        self._take_out(task)
        self._done[task.group] += task.size
        self._made += task.size

    def failed(self, task: Task) -> None:
        """Count a task out that is given up."""
        self._take_out(task)

    def _take_out(self, task: Task) -> None:
        left = self._left[task.group, task.depth]
        left.tasks -= 1
        left.effort -= task.effort
        if not left.tasks:
            del self._left[task.group, task.depth]

    def standing(
        self, places: Iterable[TaskGroup], pace: Throughput, workers: int, seconds: float
    ) -> Status:
        """How far the pass is after `seconds`, with its `workers` at work on `places`."""
        left: float | None = 0.0
        for (group, depth), each in self._left.items():
            rate = pace.rate(group, depth)
            left = None if left is None or rate is None else left + each.effort * rate
        return Status(
            title=self._title,
            noun=self._noun,
            done=self._done.total(),
            total=self._total.total(),
            rate=self._made / seconds if seconds else 0.0,
            left=None if left is None else left / max(workers, 1),
            places=tuple(
                (place[-1], self._done[place], self._total[place]) for place in sorted(set(places))
            ),
        )
