"""How far one pass is: what is made, counted place by place, and the time left."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from diamond_cutter.precompute.work.display import Standing
from diamond_cutter.precompute.work.pace import Pace
from diamond_cutter.precompute.work.unit import Place, Unit


class Progress:
    """Counts what of a pass is there."""

    def __init__(
        self, title: str, noun: str, totals: Mapping[Place, int], units: Sequence[Unit]
    ) -> None:
        """`units` are those that are missing at the start of `totals`; `noun`: what is counted."""
        self._title, self._noun = title, noun
        self._total = Counter(totals)
        self._done = self._total.copy()
        self._left = set(units)
        for unit in units:
            self._done[unit.place] -= unit.size
        self._made = 0

    def done(self, unit: Unit) -> None:
        """Count a unit that was stored."""
        self._left.discard(unit)
        self._done[unit.place] += unit.size
        self._made += unit.size

    def failed(self, unit: Unit) -> None:
        """Count a unit out that is given up."""
        self._left.discard(unit)

    def standing(
        self, places: Iterable[Place], pace: Pace, workers: int, seconds: float
    ) -> Standing:
        """How far the pass is after `seconds`, with its `workers` at work on `places`."""
        expected = [pace.expected(unit) for unit in self._left]
        known = [each for each in expected if each is not None]
        return Standing(
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
