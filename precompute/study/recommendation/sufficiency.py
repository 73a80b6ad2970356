"""Whether a study's photos are enough for its recommendation, and if not, why."""

from collections.abc import Sequence
from dataclasses import dataclass

from diamond_cutter.precompute.stores.study.study_layout import Baseline, Cut
from diamond_cutter.precompute.study.study_text import rounded_up

WIDEST = 0.2
"""An accuracy whose 95 % interval is wider says little."""

FARTHEST = 0.05
"""Where a cut may be the best that did so much worse, the photos can't tell cuts apart."""


@dataclass(frozen=True)
class Sufficiency:
    """What stands against a recommendation.

    `strongest`: the baseline of the highest accuracy. `unbeaten`: the best cut is not shown to beat
    it; `unproven`: the best cut is, the recommended one is not. `unsure`: the interval of the
    recommended cut's accuracy is too wide; `behind`: it did too much worse than the best.
    `needed`: held-out photos that would mend `unsure` and `behind`, 0 where neither holds.
    """

    strongest: Baseline
    unbeaten: bool
    unproven: bool
    unsure: bool
    behind: bool
    needed: int

    @property
    def few(self) -> bool:
        """Whether the photos are too few to tell cuts apart."""
        return self.unproven or self.unsure or self.behind

    @property
    def enough(self) -> bool:
        """Whether nothing stands against it."""
        return not (self.unbeaten or self.few)


def judge(chosen: Cut, best: Cut, baselines: Sequence[Baseline]) -> Sufficiency:
    """Judge the recommendation of `chosen` beside `best`, the cut of the highest accuracy."""
    photos = sum(each.photos for each in best.metrics.classes)
    strongest = max(baselines, key=lambda each: each.accuracy.value)
    low, high = chosen.metrics.accuracy.interval
    difference = chosen.comparison.difference
    unsure = high - low > WIDEST
    behind = difference < -FARTHEST
    needed = 0.0
    # intervals narrow with the root of the number of photos
    if unsure:
        needed = photos * ((high - low) / WIDEST) ** 2
    if behind:
        reach = difference - chosen.comparison.interval[0]
        needed = max(needed, photos * (reach / difference) ** 2)
    unbeaten = best.metrics.accuracy.interval[0] <= strongest.accuracy.value
    return Sufficiency(
        strongest=strongest,
        unbeaten=unbeaten,
        unproven=not unbeaten and low <= strongest.accuracy.value,
        unsure=unsure,
        behind=behind,
        needed=rounded_up(max(needed, 1.1 * photos)) if needed else 0,
    )
