"""Which unit a worker gets next: it stays at its place, since each new one costs a tracing."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from diamond_cutter.precompute.work.unit import Place, Unit

STRIPE = 4
"""Units that a worker makes at one place before it looks for one that is further behind."""


@dataclass
class _Row:
    units: deque[Unit]
    total: int

    @property
    def share_started(self) -> float:
        return 1 - len(self.units) / self.total


@dataclass
class _Stay:
    place: Place
    taken: int = field(default=0)


class Backlog:
    """The units not yet started, place by place, and which worker is where."""

    def __init__(
        self, units: Iterable[Unit], totals: Mapping[Place, int], *, spread: bool = False
    ) -> None:
        """Queue `units` in the order given.

        `totals` is how many units each place has, whether done or not. With `spread`, workers
        move from place to place so that all advance alike; else a place is finished first.
        """
        self._rows: dict[Place, _Row] = {}
        self._stays: dict[str, _Stay] = {}
        self._spread = spread
        for unit in units:
            place = unit.place
            self._rows.setdefault(place, _Row(deque(), totals[place])).units.append(unit)

    def take(self, worker: str, fits: Callable[[Unit], bool]) -> Unit | None:
        """The next unit for a worker, of those that fit; None if there is none."""
        places = [place for place, row in self._rows.items() if row.units and fits(row.units[0])]
        if not places:
            return None
        stay = self._stays.get(worker)
        if stay is None or stay.place not in places or (self._spread and stay.taken >= STRIPE):
            stay = self._stays[worker] = _Stay(self._choose(worker, places))
        stay.taken += 1
        return self._rows[stay.place].units.popleft()

    def put_back(self, unit: Unit) -> None:
        """Queue a unit again, behind the others of its place."""
        self._rows[unit.place].units.append(unit)

    def keep_workers(self, workers: Iterable[str]) -> None:
        """Forget the workers that are gone, so that their places count as free."""
        present = set(workers)
        self._stays = {worker: stay for worker, stay in self._stays.items() if worker in present}

    def _choose(self, worker: str, places: list[Place]) -> Place:
        taken = {stay.place for other, stay in self._stays.items() if other != worker}
        free = [place for place in places if place not in taken]
        if free and self._spread:
            return min(free, key=lambda place: self._rows[place].share_started)
        if free:
            return free[0]
        return max(places, key=lambda place: len(self._rows[place].units))
