"""Where tasks were lost: a host that only loses them gets none for a while.

By host, since a worker that is killed for its memory comes back under another address.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from diamond_cutter.precompute.jobs.task import Task

MOST = 3
"""Tasks that a host may lose one after the other before it is set aside."""
ASIDE_SECONDS = 60.0


def host_of(worker: str) -> str:
    """The host in a worker's address, "tcp://10.0.0.7:4711"."""
    return urlsplit(worker).hostname or worker


@dataclass
class LostTasks:
    """What was lost where, by an error or with its worker; `clock` tells seconds."""

    clock: Callable[[], float] = time.monotonic
    _hosts: defaultdict[Task, set[str]] = field(default_factory=lambda: defaultdict(set))
    _in_a_row: Counter[str] = field(default_factory=Counter)
    _aside_until: dict[str, float] = field(default_factory=dict)

    def add(self, task: Task, worker: str) -> bool:
        """Count a task that a worker lost; whether its host is set aside by that."""
        host = host_of(worker)
        self._hosts[task].add(host)
        self._in_a_row[host] += 1
        if self._in_a_row[host] < MOST:
            return False
        self._aside_until[host] = self.clock() + ASIDE_SECONDS
        return True

    def made(self, worker: str) -> None:
        """Forget what its host lost before: it makes tasks."""
        self._in_a_row[host_of(worker)] = 0

    def usable(self, workers: Sequence[str]) -> list[str]:
        """The workers whose hosts are not set aside; all of them, where no other is left."""
        now = self.clock()
        found = [w for w in workers if self._aside_until.get(host_of(w), now) <= now]
        return found or list(workers)

    def may_take(self, task: Task, worker: str, usable: Iterable[str]) -> bool:
        """Whether a worker is to try a task: not where it was lost, while there is another host."""
        lost_at = self._hosts.get(task)
        if lost_at is None or host_of(worker) not in lost_at:
            return True
        return all(host_of(other) in lost_at for other in usable)
