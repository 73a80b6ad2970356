"""The recommendation, in words: the cheapest cut that can't be told from the best."""

from collections.abc import Iterator, Sequence

from diamond_cutter.precompute.stores.study.study_layout import (
    Baseline,
    Cut,
    Recommendation,
    Runner,
)
from diamond_cutter.precompute.study import study_text
from diamond_cutter.precompute.study.sufficiency import WIDEST, Sufficiency, judge

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


def recommend(cuts: Sequence[Cut], baselines: Sequence[Baseline]) -> Recommendation:
    """Recommend one of `cuts`, at least one, in any order; `baselines` at least one, too."""
    ranked = rank(cuts)
    chosen = min((cut for cut in ranked if cut.comparison.tied), key=_price)
    verdict = judge(chosen, ranked[0], baselines)
    if verdict.enough:
        sentences = _recommended(chosen, ranked)
    else:
        sentences = _doubted(chosen, ranked, verdict)
    return Recommendation(
        model=chosen.model,
        cut=chosen.cut,
        sentence=" ".join(sentences),
        reasons=list(_reasons(chosen, ranked, baselines)),
        enough=verdict.enough,
        runners_up=_runners_up(chosen, ranked),
    )


def _price(cut: Cut) -> tuple[float, int, str, int]:
    return cut.cost.gflops, cut.cost.parameters, cut.model, cut.index


def _last(model: str, cuts: Sequence[Cut]) -> Cut:
    """The deepest cut of a backbone, where people cut who don't ask."""
    return max((cut for cut in cuts if cut.model == model), key=lambda cut: cut.index)


def _photos(cut: Cut) -> int:
    return sum(each.photos for each in cut.metrics.classes)


def _accuracy(cut: Cut) -> str:
    return study_text.share(cut.metrics.accuracy.value)


def _recommended(chosen: Cut, ranked: Sequence[Cut]) -> Iterator[str]:
    """The sentences where the photos are enough."""
    best, last = ranked[0], _last(chosen.model, ranked)
    yield (
        f"Cut {study_text.place(chosen)}: {study_text.measured(chosen.metrics.accuracy)} of held-out "
        f"photos right, at {study_text.gflops(chosen.cost.gflops)} a photo."
    )
    tied = sum(cut.comparison.tied for cut in ranked)
    if len(ranked) == 1:
        yield "It is the only cut of this study."
    elif chosen is not best:
        which = "the last of its backbone, " if best is last else ""
        yield (
            f"The best cut, {study_text.place(best)}, {which}reaches {_accuracy(best)} at "
            f"{study_text.gflops(best.cost.gflops)}: a difference of "
            f"{study_text.points(chosen.comparison.difference)}, which may be chance."
        )
    elif tied == 1:
        yield "It is the best cut, by more than chance."
    else:
        yield "It is the best cut; those that may be as good cost more."
    yield from _against_last(chosen, best, last)


def _doubted(chosen: Cut, ranked: Sequence[Cut], verdict: Sufficiency) -> Iterator[str]:
    """The sentences where something stands against the recommendation, and that first."""
    best, last = ranked[0], _last(chosen.model, ranked)
    several = len(ranked) > 1
    without = _WITHOUT_NETWORK[verdict.strongest.name]
    its_share = study_text.share(verdict.strongest.accuracy.value)
    if verdict.unbeaten:
        yield (
            f"No cut is shown to beat {without}, which gets {its_share} of held-out photos right: "
            f"the best cut, {study_text.place(best)}, gets {study_text.measured(best.metrics.accuracy)}."
        )
    if verdict.few:
        verb = "is" if _photos(best) == 1 else "are"
        told = "tell which cut is best" if several else "tell how good a cut is"
        yield f"{study_text.count(_photos(best), 'held-out photo')} {verb} too few to {told}."
    if not (verdict.unbeaten and chosen is best):
        which = "The cheapest cut that may be the best" if several else "The only cut"
        yield (
            f"{which} is {study_text.place(chosen)}, with {study_text.measured(chosen.metrics.accuracy)} "
            f"right, at {study_text.gflops(chosen.cost.gflops)} a photo."
        )
    if verdict.unproven:
        yield f"It is not shown to beat {without}, which gets {its_share}."
    if chosen is not best and not verdict.unbeaten:
        yield (
            f"The best in this study, {study_text.place(best)}, gets "
            f"{study_text.measured(best.metrics.accuracy)}."
        )
    yield from _against_last(chosen, best, last)
    if verdict.needed:
        yield f"About {study_text.count(verdict.needed, 'held-out photo')} would be needed."


def _against_last(chosen: Cut, best: Cut, last: Cut) -> Iterator[str]:
    if last is not chosen and last is not best:
        yield (
            f"The last cut of {chosen.model}, {last.cut}, where people cut by default, gets "
            f"{_accuracy(last)} at {study_text.gflops(last.cost.gflops)}."
        )


def _reasons(chosen: Cut, ranked: Sequence[Cut], baselines: Sequence[Baseline]) -> Iterator[str]:
    best, cost = ranked[0], chosen.cost
    tied = sum(cut.comparison.tied for cut in ranked)
    if len(ranked) > 1:
        found = f"{tied} of them can't be told from the best, and this is the cheapest of those."
        if tied == 1:
            found = "this is better than any other by more than chance."
        elif tied == len(ranked):
            found = "none can be told from the best, and this is the cheapest."
        yield f"The {len(ranked)} cuts were compared over the same photos: {found}"
    if chosen is not best:
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


def _runners_up(chosen: Cut, ranked: Sequence[Cut]) -> list[Runner]:
    best = ranked[0]
    by_price = sorted((cut for cut in ranked if cut.comparison.tied), key=_price)
    cheaper = [cut for cut in ranked if _price(cut) < _price(chosen)]
    last = _last(chosen.model, ranked)
    others = dict.fromkeys(cut.model for cut in ranked if cut.model != chosen.model)
    named = [
        (best, "The best cut"),
        (last, f"The last cut of {last.model}, where people cut by default"),
        *((cut, "The best of those that cost less") for cut in cheaper[:1]),
        *((cut, "The next cheapest that may be the best") for cut in by_price[1:2]),
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
