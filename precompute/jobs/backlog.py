"""Which task a worker gets next: it stays at its group, since each new one costs a tracing."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from diamond_cutter.precompute.jobs.task import Task, TaskGroup

STRIPE = 4
"""Units that a worker makes at one group before it looks for one that is further behind."""


@dataclass
class _Row:
    tasks: deque[Task]
    total: int

    @property
    def share_started(self) -> float:
        return 1 - len(self.tasks) / self.total


@dataclass
class _Stay:
    group: TaskGroup
    taken: int = field(default=0)


class Backlog:
    """The tasks not yet started, group by group, and which worker is where."""

    def __init__(
        self, tasks: Iterable[Task], totals: Mapping[TaskGroup, int], *, spread: bool = False
    ) -> None:
        """Queue `tasks` in the order given.

        `totals` is how many tasks each group has, whether done or not. With `spread`, workers
        move from group to group so that all advance alike; else a group is finished first.
        """
        self._rows: dict[TaskGroup, _Row] = {}
        self._stays: dict[str, _Stay] = {}
        self._spread = spread
        for task in tasks:
            group = task.group
            self._rows.setdefault(group, _Row(deque(), totals[group])).tasks.append(task)

    def take(self, worker: str, fits: Callable[[Task], bool]) -> Task | None:
        """The next task for a worker, of those that fit; None if there is none."""

        def offers(group: TaskGroup) -> bool:
            waiting = self._rows[group].tasks
            return bool(waiting) and fits(waiting[0])

        stay = self._stays.get(worker)
        may_stay = stay is not None and not (self._spread and stay.taken >= STRIPE)
        if stay is None or not may_stay or not offers(stay.group):
            groups = [group for group in self._rows if offers(group)]
            if not groups:
                return None
            stay = self._stays[worker] = _Stay(self._choose(worker, groups))
        stay.taken += 1
        return self._rows[stay.group].tasks.popleft()

    def put_back(self, task: Task) -> None:
        """Queue a task again, behind the others of its group."""
        self._rows[task.group].tasks.append(task)

    def keep_workers(self, workers: Iterable[str]) -> None:
        """Forget the workers that are gone, so that their groups count as free."""
        present = set(workers)
        self._stays = {worker: stay for worker, stay in self._stays.items() if worker in present}

    def _choose(self, worker: str, groups: list[TaskGroup]) -> TaskGroup:
        taken = {stay.group for other, stay in self._stays.items() if other != worker}
        free = [group for group in groups if group not in taken]
        if free and self._spread:
            return min(free, key=lambda group: self._rows[group].share_started)
        if free:
            return free[0]
        return max(groups, key=lambda group: len(self._rows[group].tasks))
