"""How far one pass is: channels counted layer by layer, and the time left."""

from collections import Counter
from collections.abc import Iterable, Sequence

from diamond_cutter.precompute.atlas.backlog import Place, place_of
from diamond_cutter.precompute.atlas.display import Standing
from diamond_cutter.precompute.atlas.pace import Pace
from diamond_cutter.precompute.atlas.selection import Selection
from diamond_cutter.precompute.atlas.task import Unit
from diamond_cutter.precompute.rendering.recipes import Recipe


class Progress:
    """Counts the channels of a selection that have reached a recipe's level."""

    def __init__(
        self, recipe: Recipe, selections: Iterable[Selection], units: Sequence[Unit]
    ) -> None:
        """`units` are those that are missing at the start."""
        self._recipe = recipe
        self._total = Counter(
            {(entry.model.name, entry.layer.name): len(entry.channels) for entry in selections}
        )
        self._done = self._total.copy()
        self._left = set(units)
        for unit in units:
            self._done[place_of(unit)] -= len(unit.chunk.wanted)
        self._made = 0

    def done(self, unit: Unit) -> None:
        """Count a unit that was stored."""
        self._left.discard(unit)
        self._done[place_of(unit)] += len(unit.chunk.wanted)
        self._made += len(unit.chunk.wanted)

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
            recipe=self._recipe.name,
            done=self._done.total(),
            total=self._total.total(),
            rate=self._made / seconds if seconds else 0.0,
            left=sum(known) / max(workers, 1) if len(known) == len(expected) else None,
            layers=tuple(
                (layer, self._done[model, layer], self._total[model, layer])
                for model, layer in sorted(set(places))
            ),
        )
