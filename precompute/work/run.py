"""A run: passes over units, what they made, what failed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.work.backlog import Backlog
from diamond_cutter.precompute.work.cluster import Workforce
from diamond_cutter.precompute.work.dispatch import Dispatch
from diamond_cutter.precompute.work.display import Display
from diamond_cutter.precompute.work.pace import Pace
from diamond_cutter.precompute.work.progress import Progress
from diamond_cutter.precompute.work.unit import HitsEverythingError, Place, Unit, UnitError

HOPELESS = 8
"""Failed units after which a run gives up, if none has succeeded."""


@dataclass(frozen=True)
class Failure:
    """A unit that failed for good: which, and its error in one line."""

    where: str
    error: str


@dataclass
class Run:
    """What changes while a run works.

    work: makes and stores a unit; raises `UnitError` or `HitsEverythingError`. It goes to the
        workers pickled.
    made: how much was stored, in the sizes of units.
    left: seconds left of a budget, or None.
    """

    work: Callable[[Unit], None]
    display: Display
    left: Callable[[], float | None] = lambda: None
    pace: Pace = field(default_factory=Pace)
    made: int = 0
    failures: list[Failure] = field(default_factory=list)

    def at_workers(self, workforce: Workforce, backlog: Backlog, progress: Progress) -> None:
        """Have the workers make what is in the backlog.

        Raises `UserError` for what hits every unit alike, and if all workers are gone for good.
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
        ).run()

    def here(self, units: Sequence[Unit], progress: Progress) -> None:
        """Make the units in this process, one after the other, each tried once.

        For work so short that workers would take longer to start. Raises as `at_workers` does.
        """
        began, here = time.monotonic(), Place()
        for unit in units:
            self._tick(progress, began, [unit], 1)
            started = time.monotonic()
            try:
                self.work(unit)
            except HitsEverythingError as error:
                raise UserError(str(error)) from error
            except UnitError as error:
                self._failed(progress, unit, str(error))
            else:
                if unit.place == here:  # the first unit of a place is no measure: it traces
                    self.pace.add(unit, time.monotonic() - started)
                here = unit.place
                self._done(progress, unit)
        self._tick(progress, began, [], 1)

    def _done(self, progress: Progress, unit: Unit) -> None:
        progress.done(unit)
        self.made += unit.size

    def _failed(self, progress: Progress, unit: Unit, error: str) -> None:
        progress.failed(unit)
        self.failures.append(Failure(unit.where, error))
        self.display.note(f"failed: {unit.where}: {error}")
        if len(self.failures) >= HOPELESS and not self.made:
            raise UserError(
                f"all of the first {len(self.failures)} chunks failed, the last with: {error}; "
                "mend that, and run the same command again"
            )

    def _tick(self, progress: Progress, began: float, running: Sequence[Unit], count: int) -> None:
        places = [unit.place for unit in running]
        standing = progress.standing(places, self.pace, count, time.monotonic() - began)
        budget = self.left()
        if budget is not None and standing.left is not None:
            standing = replace(standing, left=max(min(standing.left, budget), 0.0))
        self.display.show(standing)
