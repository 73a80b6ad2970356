"""A store that does not answer for a while: waited for, and no task blamed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.task import StoreAwayError

RETURN_SECONDS = 300.0
"""How long a store is waited for from the first task that could not reach it."""
PAUSE_SECONDS = 5.0
"""How long no task is begun after one could not reach it."""


@dataclass
class StoreAbsence:
    """Since when a store has been away, if it is; `tell` takes one line, `clock` tells seconds."""

    tell: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _since: float | None = None
    _address: str = ""
    _missed_at: float = field(default=float("-inf"))

    def missed(self, error: StoreAwayError) -> None:
        """Take in that a task could not reach it. Raises `UserError` if it is away for too long."""
        self._missed_at = self.clock()
        if self._since is None:
            self._since, self._address = self._missed_at, error.address
            self.tell(f"{error}; what was done is kept: waiting {RETURN_SECONDS:.0f} s for it")
        elif self._missed_at - self._since > RETURN_SECONDS:
            raise UserError(
                f"{error}, for {RETURN_SECONDS:.0f} s now; what was done is kept: run the same "
                "command again, when it does"
            )

    def pause(self) -> float:
        """How many seconds are left in which no task is to be begun."""
        return max(self._missed_at + PAUSE_SECONDS - self.clock(), 0.0)

    def reached(self) -> None:
        """Take in that a task has stored what it made."""
        if self._since is not None:
            self._since = None
            self.tell(f"{self._address} answers again: going on")
