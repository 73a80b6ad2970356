"""How long units take: measured while they are made, expected for those to come."""

from collections import defaultdict

from diamond_cutter.precompute.work.unit import Place, Unit

MARGIN = 1.25
"""How much longer than expected a unit may take; those that fit have this room."""


class Pace:
    """Seconds a unit, place by place; an unmeasured place takes after the nearest in depth."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._rates: dict[Place, dict[int, list[float]]] = defaultdict(dict)

    def add(self, unit: Unit, seconds: float) -> None:
        """Take in that a unit took so many seconds."""
        depths = self._rates[unit.place[:-1]]
        depths.setdefault(unit.depth, []).append(seconds / unit.effort)

    def expected(self, unit: Unit) -> float | None:
        """The seconds a unit will take; None as long as nothing near it was measured."""
        depths = self._rates.get(unit.place[:-1])
        if not depths:
            return None
        nearest = min(depths, key=lambda depth: (abs(depth - unit.depth), depth))
        rates = depths[nearest]
        return unit.effort * sum(rates) / len(rates)


def fits(expected: float | None, left: float | None) -> bool:
    """Whether a unit that takes `expected` seconds, if that is known, fits into those `left`."""
    return left is None or left > MARGIN * (expected or 0.0)
