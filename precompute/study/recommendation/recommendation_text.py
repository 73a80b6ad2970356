"""The recommendation, in words: the cut expected to be right most often, and the saver."""

from collections.abc import Iterator, Sequence

from diamond_cutter.precompute.stores.study.study_layout import (
    Baseline,
    Cut,
    Expected,
    Habit,
    Recommendation,
    Runner,
)
from diamond_cutter.precompute.stores.study.study_reader import last_cuts
from diamond_cutter.precompute.study import study_text
from diamond_cutter.precompute.study.recommendation.sufficiency import WIDEST, Sufficiency, judge

FEW = 10
"""A class of fewer held-out photos can't be judged on its own."""

RUNNERS_UP = 5

_WITHOUT_NETWORK = {
    "chance": "guessing",
    "majority": "always naming the largest class",
    "colour": "a head on colour histograms alone",
}


def rank(cuts: Sequence[Cut]) -> list[Cut]:
    """The cuts by held-out accuracy, best first; of equals the cheapest first."""
    return sorted(cuts, key=lambda cut: (-cut.metrics.accuracy.value, *_price(cut)))


def recommend(
    chosen: Cut,
    cuts: Sequence[Cut],
    baselines: Sequence[Baseline],
    expected: Expected,
    groups: int,
) -> Recommendation:
    """Recommend `chosen` of `cuts`, in any order, in words; `baselines` at least one.

    `groups`: how many the held-out photos form that stay together.
    """
    ranked = rank(cuts)
    verdict = judge(chosen, ranked[0], baselines)
    caveats = list(_caveats(chosen, ranked, verdict, groups))
    gain = _gained(chosen, expected) if len(ranked) > 1 else "It is the only cut of this study."
    saving = _saved(chosen, ranked, expected) if len(ranked) > 1 else ""
    answer = (
        f"Cut {study_text.place(chosen)}: {study_text.measured(expected.accuracy)} of new photos "
        f"are expected to be right, at {study_text.gflops(chosen.cost.gflops)} a photo."
    )
    return Recommendation(
        model=chosen.model,
        cut=chosen.cut,
        sentence=" ".join(filter(None, [*caveats, answer, gain, saving])),
        reasons=list(_reasons(chosen, ranked, baselines, expected)),
        enough=verdict.enough,
        runners_up=_runners_up(chosen, ranked, expected),
        expected=expected,
        caveats=caveats,
        gain=gain,
        saving=saving,
    )


def _price(cut: Cut) -> tuple[float, int, str, int]:
    return cut.cost.gflops, cut.cost.parameters, cut.model, cut.index


def _photos(cut: Cut) -> int:
    return sum(each.photos for each in cut.metrics.classes)


def _accuracy(cut: Cut) -> str:
    return study_text.share(cut.metrics.accuracy.value)


def _caveats(
    chosen: Cut, ranked: Sequence[Cut], verdict: Sufficiency, groups: int
) -> Iterator[str]:
    """What stands against the recommendation."""
    best = ranked[0]
    if verdict.unbeaten:
        yield (
            f"No cut is shown to beat {_WITHOUT_NETWORK[verdict.strongest.name]}, which gets "
            f"{study_text.share(verdict.strongest.accuracy.value)} of held-out photos right: "
            f"the best cut, {study_text.place(best)}, gets "
            f"{study_text.measured(best.metrics.accuracy)}."
        )
    if verdict.few:
        verb = "is" if _photos(best) == 1 else "are"
        told = "tell which cut is best" if len(ranked) > 1 else "tell how good a cut is"
        yield f"{study_text.count(_photos(best), 'held-out photo')} {verb} too few to {told}."
    if verdict.unproven:
        yield (
            f"{study_text.place(chosen)} is not shown to beat "
            f"{_WITHOUT_NETWORK[verdict.strongest.name]}, which gets "
            f"{study_text.share(verdict.strongest.accuracy.value)}."
        )
    if verdict.needed:
        yield f"About {study_text.count(verdict.needed, 'held-out photo')} would be needed."
    if verdict.few and groups < _photos(best):
        yield (
            f"So many since only {study_text.count(groups, 'group')} of them "
            f"{'is' if groups == 1 else 'are'} different: near duplicates, and what the dataset "
            "says belongs together, are held out together."
        )
    falling = sum(any(curve.is_falling for curve in cut.curves) for cut in ranked)
    if falling:
        yield (
            f"At {falling} of {study_text.count(len(ranked), 'cut')} the loss was still falling "
            "when the epochs ran out: those heads would be better for more epochs, or a higher "
            "learning rate."
        )


def _gained(chosen: Cut, expected: Expected) -> str:
    """The gain over the habit, in a sentence."""
    habit, gain = expected.habit, expected.gain
    where = _habit_is(habit)
    if (chosen.model, chosen.cut) == (habit.model, habit.cut):
        return f"That is {where}: nothing was gained by trying others."
    less = "less" if gain.value < 0 else "more"
    proven = "" if gain.interval[0] > 0 else ": these photos don't show that anything was gained"
    return (
        f"That is {study_text.points(gain.value)} {less} "
        f"({study_text.signed_points(gain.interval)}) than at {where}{proven}."
    )


def _habit_is(habit: Habit) -> str:
    if habit.is_last:
        return f"the last cut of {habit.model}, where people cut by default"
    return f"the last of the cuts of {habit.model} that this study was to try"


def _saved(chosen: Cut, ranked: Sequence[Cut], expected: Expected) -> str:
    """The saver, in a sentence."""
    saver = _find(ranked, expected.saver.model, expected.saver.cut)
    if saver is chosen:
        return (
            "The saver is the same: no cheaper cut is expected to lose less than "
            f"{study_text.points(expected.tolerance)}."
        )
    loss = expected.saver.expected_loss
    return (
        f"The saver, {study_text.place(saver)}, needs "
        f"{study_text.times(saver.cost.gflops / chosen.cost.gflops)} and is expected to lose "
        f"{study_text.signed_point(loss.value)} ({study_text.signed_points(loss.interval)})."
    )


def _find(cuts: Sequence[Cut], model: str, name: str) -> Cut:
    return next(cut for cut in cuts if (cut.model, cut.cut) == (model, name))


def _reasons(
    chosen: Cut, ranked: Sequence[Cut], baselines: Sequence[Baseline], expected: Expected
) -> Iterator[str]:
    best, cost = ranked[0], chosen.cost
    tied = sum(cut.comparison.tied for cut in ranked)
    if len(ranked) > 1:
        found = f"{tied} of them can't be told from the best."
        if tied == 1:
            found = f"{study_text.place(best)} is better than any other by more than chance."
        elif tied == len(ranked):
            found = "none can be told from the best."
        yield f"The {len(ranked)} cuts were compared over the same photos: {found}"
        yield (
            f"Of held-out photos it got {study_text.measured(chosen.metrics.accuracy)} "
            "right. A cut that was picked by such a figure looks better than it is, and heads of "
            "folds are worse than that of all photos; what is expected allows for both."
        )
    if chosen is not best:
        yield (
            f"The highest of all, {_accuracy(best)}, came out at {study_text.place(best)}; log "
            "loss and the cuts beside it don't bear that out."
        )
        yield (
            f"It may lie up to {study_text.points(chosen.comparison.interval[0])} below the truly "
            "best cut, as far as these photos tell."
        )
        yield (
            f"It needs {study_text.times(cost.gflops / best.cost.gflops)} of the best cut, "
            f"{study_text.place(best)}."
        )
    yield (
        f"With its head it has {cost.parameters / 1e6:.2f} million parameters, "
        f"{cost.bytes / 1e6:.1f} MB, and takes {1000 * cost.latency:.1f} ms for a photo on the "
        "machine of this study."
    )
    low, high = chosen.metrics.accuracy.interval
    if high - low > WIDEST:
        yield (
            f"The interval of its accuracy is {study_text.points(high - low)} wide; more than "
            f"{100 * WIDEST:.0f} say little."
        )
    without = study_text.listed(
        [
            f"{_WITHOUT_NETWORK[each.name]} {study_text.share(each.accuracy.value)}"
            for each in baselines
        ]
    )
    yield f"Right without a network: {without}."
    yield (
        "Right without a head, by the nearest neighbours at this cut: "
        f"{study_text.measured(expected.neighbours)}."
    )
    last = last_cuts(ranked)
    if len(last) > 1:
        right = [f"{cut.model} {_accuracy(cut)}" for cut in last]
        which = "last cut" if expected.habit.is_last else "last cut tried"
        yield f"Right at the {which} of each network: {study_text.listed(right, len(right))}."
    if expected.learning:
        more, gain = expected.learning.more, expected.learning.gain
        yield (
            f"Another {more} photos are expected to bring {study_text.points(gain.value)} "
            f"({study_text.signed_points(gain.interval)}), as far as heads tell that a half and a "
            "quarter of these trained."
        )
    yield from _small_classes(chosen)


def _small_classes(cut: Cut) -> Iterator[str]:
    small = [each for each in cut.metrics.classes if each.photos < FEW]
    if small:
        named = [f"{study_text.name(each.name)} ({each.photos})" for each in small]
        these = "A class" if len(small) == 1 else "Classes"
        yield (
            f"{these} of fewer than {FEW} held-out photos can't be judged alone: "
            f"{study_text.listed(named)}."
        )


def _runners_up(chosen: Cut, ranked: Sequence[Cut], expected: Expected) -> list[Runner]:
    best, cost = ranked[0], _price(chosen)
    cheaper = [cut for cut in ranked if _price(cut) < cost]
    saver = _find(ranked, expected.saver.model, expected.saver.cut)
    last = _find(ranked, expected.habit.model, expected.habit.cut)
    others = dict.fromkeys(cut.model for cut in ranked if cut.model != chosen.model)
    named = [
        (saver, "The saver"),
        (last, f"T{_habit_is(expected.habit)[1:]}"),
        (best, "The best cut in this study"),
        *((cut, "The best of those that cost less") for cut in cheaper[:1]),
        *(
            (next(cut for cut in ranked if cut.model == model), f"The best cut of {model}")
            for model in others
        ),
    ]
    roles: dict[tuple[str, str], tuple[Cut, str]] = {}
    for cut, role in named:
        if cut is not chosen:
            roles.setdefault((cut.model, cut.cut), (cut, role))
    return [
        Runner(cut.model, cut.cut, f"{role}: {_beside(cut, chosen)}")
        for cut, role in list(roles.values())[:RUNNERS_UP]
    ]


def _beside(cut: Cut, chosen: Cut) -> str:
    """A runner-up beside the recommended cut."""
    gap = cut.metrics.accuracy.value - chosen.metrics.accuracy.value
    more = f"{study_text.points(gap)} {'more' if gap > 0 else 'less'}"
    if round(1000 * gap) == 0:
        more = "as often"
    price = study_text.times(cut.cost.gflops / chosen.cost.gflops)
    told = "" if cut.comparison.tied else "; worse than the best cut by more than chance"
    return f"{_accuracy(cut)} right, {more}, for {price}{told}."
