"""How long units take: measured while they are made, expected for those to come."""

from collections import defaultdict

from diamond_cutter.precompute.atlas.task import Unit
from diamond_cutter.precompute.rendering.recipes import canvas_side


class Pace:
    """Seconds a unit, layer by layer; an unmeasured layer takes after the nearest in depth."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._rates: dict[str, dict[int, list[float]]] = defaultdict(dict)

    def add(self, unit: Unit, seconds: float) -> None:
        """Take in that a unit took so many seconds."""
        layers = self._rates[unit.model.name]
        layers.setdefault(unit.layer.index, []).append(seconds / _work(unit))

    def expected(self, unit: Unit) -> float | None:
        """The seconds a unit will take; None as long as nothing of its model was measured."""
        layers = self._rates.get(unit.model.name)
        if not layers:
            return None
        nearest = min(layers, key=lambda index: (abs(index - unit.layer.index), index))
        rates = layers[nearest]
        return _work(unit) * sum(rates) / len(rates)


def _work(unit: Unit) -> float:
    """What a recipe costs a layer, up to a factor that is the layer's: the pixels looked at."""
    view = min(unit.recipe.view, canvas_side(unit.layer.receptive_field))
    return float(unit.recipe.steps * view**2)
