"""What one task makes, whatever it is, and what its failure means for the others."""

import errno
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from diamond_cutter.command.errors import UserError, error_elsewhere
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import is_away, local_folder

TaskGroup = tuple[str, ...]
"""What tasks have in common that is costly to begin with, by name: a model, or a layer of it."""

_HITS_EVERYTHING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
"""System errors after which no other task fares better."""


class Task(Protocol):
    """A piece of work that one worker does alone and stores: hashable, and can be pickled."""

    @property
    def group(self) -> TaskGroup:
        """Where it belongs; a worker stays at a place, since each new one costs a tracing."""

    @property
    def depth(self) -> int:
        """The position of its place among those that differ from it in the last name only."""

    @property
    def effort(self) -> float:
        """How long it takes, up to a factor that is its place's."""

    @property
    def size(self) -> int:
        """How many of the things that a run counts it makes."""

    @property
    def where(self) -> str:
        """The task as messages name it."""


def sizes(tasks: Iterable[Task]) -> Counter[TaskGroup]:
    """How much of each group tasks make."""
    found = Counter[TaskGroup]()
    for task in tasks:
        found[task.group] += task.size
    return found


@dataclass(frozen=True)
class NetworkTask:
    """A task of one network, and none of one before another, as a base."""

    network: Network

    @property
    def group(self) -> tuple[str]:
        """The model."""
        return (self.network.name,)

    @property
    def depth(self) -> int:
        """Models have no order."""
        return 0


@dataclass(frozen=True)
class PassTask:
    """A task that passes rows of photos through networks, as a base.

    depth: the position of the networks among those of the run. gflops: for one row.
    """

    depth: int
    gflops: float
    rows: Sequence[Any] = field(compare=False)

    @property
    def effort(self) -> float:
        """The operations of the pass."""
        return self.gflops * len(self.rows)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.rows)


class HitsEverythingError(Exception):
    """Why no other task is worth trying, in one line."""


class StoreAwayError(Exception):
    """A task that could not be stored, nor could any other now: where, and why in one line."""

    def __init__(self, address: str, reason: str) -> None:
        """Keep both, which survive pickling."""
        super().__init__(address, reason)
        self.address, self.reason = address, reason

    def __str__(self) -> str:
        """The error in one line."""
        return f"{self.address} does not answer ({self.reason})"


class TaskError(Exception):
    """A task that failed, with its error as text: the error itself may not survive pickling."""


@contextmanager
def failures_told(task: Task, address: str) -> Iterator[None]:
    """Raise `TaskError` if this task fails, `HitsEverythingError` if all others would.

    `StoreAwayError`, if it fails and its store can't be reached. `address` is where the task is
    stored; an error that names a file elsewhere is told of that.
    """
    try:
        yield
    except UserError as error:
        raise HitsEverythingError(str(error)) from error
    except OSError as error:
        if error.errno in _HITS_EVERYTHING or isinstance(error, PermissionError):
            elsewhere = error_elsewhere(error, local_folder(address))
            reason = f"{error.strerror or error}, while {task.where} was to be stored in {address}"
            told = str(elsewhere or f"{reason}; mend that, and run again")
            raise HitsEverythingError(told) from error
        raise _told(error, address) from error
    except Exception as error:
        raise _told(error, address) from error


def _told(error: Exception, address: str) -> StoreAwayError | TaskError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return StoreAwayError(address, reason) if is_away(address) else TaskError(reason)
