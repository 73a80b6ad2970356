"""Whether a study recommends the right cut: judged by photos that were not drawn for it.

    python benchmarks/recommendation.py FOLDER|digits|elpv-dataset [--photos 60 150 400]

Photos are drawn at random, a study of them chooses by the project's own folds, heads and rule, and
the heads that it would export are judged by all other photos but near duplicates of those drawn.
Habit: the last cut of the backbone best on ImageNet; top: the most accurate cut of the study;
oracle: the truly best one. The photos that judge are finitely many: an interval counts as holding
the truth where it does so within twice their standard error.
"""

import argparse
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from labelled_photos import Pool, add_options, read_pool
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.network_cost import count_gflops
from diamond_cutter.precompute.heads.head import probabilities
from diamond_cutter.precompute.heads.head_training import Trained
from diamond_cutter.precompute.stores.study.study_layout import Measured
from diamond_cutter.precompute.study.cross_validation import (
    Sample,
    measure_heads,
    take_sample,
    train_heads,
)
from diamond_cutter.precompute.study.recommendation.cut_choice import choose
from diamond_cutter.precompute.study.recommendation.expectation import strongest
from diamond_cutter.precompute.study.recommendation.learning_curve import (
    MORE,
    at_all_photos,
    measure_learning,
)

POINT = 0.01
FEWEST = 50
"""Photos, at least, that judge what more photos brought."""


@dataclass(frozen=True)
class Drawn:
    """A draw: true accuracies of what was chosen, and whether what was said of it is true.

    `told`: the gain that more photos were expected to bring; `brought`: what they did bring.
    """

    recommended: float
    saver: float
    habit: float
    top: float
    oracle: float
    covered: bool
    gained: bool
    lost: bool
    told: float
    brought: float
    brought_covered: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add_options(parser, photos=[60, 150, 400], seeds=20)
    options = parser.parse_args()
    pool = read_pool(options)
    for photos in options.photos:
        draws = [draw(pool, photos, seed) for seed in range(options.seeds)]
        report(photos, draws)


def draw(pool: Pool, photos: int, seed: int) -> Drawn:
    plan, features, label = pool.plan, pool.features, pool.label
    order = pool.order(photos, seed)
    drawn, more = np.sort(order[:photos]), np.sort(order[: photos + MORE])
    rest = np.flatnonzero(~np.isin(pool.group, pool.group[drawn]))
    later = np.flatnonzero(~np.isin(pool.group[rest], pool.group[more]))  # of the rest
    settings = replace(plan.settings, seed=seed)

    def sample_of(rows: NDArray[np.intp]) -> Sample:
        return take_sample(pool.part(rows), settings.folds, seed)

    def right_on_rest(trained: Trained, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        return probabilities(trained.head, values[rest, 0]).argmax(axis=1) == label[rest]

    sample = sample_of(drawn)
    readers = [partial(np.take, each, drawn, axis=0) for each in features]
    trained = list(train_heads(readers, sample, settings))
    trials = [measure_heads(each, sample) for each in trained]
    true = np.stack(list(map(right_on_rest, trained, features)), axis=1)
    names = [backbone.name for backbone, _ in plan.pairs]
    last = max(at for at, name in enumerate(names) if name == strongest(plan.backbones))
    right = np.stack([trial.share for trial in trials], axis=1)
    likelihood = np.stack([trial.likelihood for trial in trials], axis=1)
    gflops = [count_gflops(each.graph, each.input_size, cut.name) for each, cut in plan.pairs]
    price = np.array(gflops) + [2e-9 * each.shape[2] * len(sample.classes) for each in features]
    tolerance = plan.settings.tolerance / 100
    choice = choose(likelihood, right, names, last, price, tolerance, sample.resamples)

    def holds(figure: Measured, truth: NDArray[np.float64]) -> bool:
        error = 2 * float(truth.std()) / np.sqrt(len(truth))
        reach = (
            figure.value - np.hypot(figure.value - figure.interval[0], error),
            figure.value + np.hypot(figure.interval[1] - figure.value, error),
        )
        return bool(reach[0] <= truth.mean() <= reach[1])

    at = choice.recommended
    learning = measure_learning(readers[at], sample, settings, trials[at].share)
    assert learning is not None
    with_more = partial(np.take, features[at], more, axis=0)
    [trained_by_more] = train_heads([with_more], sample_of(more), settings)
    brought = (right_on_rest(trained_by_more, features[at]).astype(np.float64) - true[:, at])[later]

    truth = true.astype(np.float64)
    best, mean = truth[:, choice.recommended], truth.mean(axis=0)
    return Drawn(
        recommended=float(best.mean()),
        saver=float(mean[choice.saver]),
        habit=float(mean[last]),
        top=float(mean[right.mean(axis=0).argmax()]),
        oracle=float(mean.max()),
        covered=holds(at_all_photos(choice.accuracy, learning), best),
        gained=holds(choice.gain, best - truth[:, last]),
        lost=holds(choice.loss, best - truth[:, choice.saver]),
        told=learning.gain.value,
        brought=float(brought.mean()) if len(later) >= FEWEST else np.nan,
        brought_covered=holds(learning.gain, brought) if len(later) >= FEWEST else np.nan,
    )


def report(photos: int, draws: list[Drawn]) -> None:
    def mean(name: str) -> float:
        return float(np.nanmean([getattr(each, name) for each in draws]))

    names = ("recommended", "saver", "habit", "top", "oracle")
    said = ", ".join(f"{name} {mean(name):.3f}" for name in names)
    worse = np.mean([each.recommended < each.habit - POINT for each in draws])
    print(f"{photos} photos, {len(draws)} draws: {said}")
    more = "no photos are left to judge what more would bring"
    if any(np.isfinite(each.brought) for each in draws):
        more = (
            f"another {MORE} photos: {100 * mean('told'):+.2f} points expected, "
            f"{100 * mean('brought'):+.2f} came, within the interval in "
            f"{mean('brought_covered'):.0%}"
        )
    print(
        f"  gain over the habit {100 * (mean('recommended') - mean('habit')):+.2f} points, regret "
        f"{100 * (mean('oracle') - mean('recommended')):.2f}; more than a point below the habit in "
        f"{worse:.0%}\n  the truth lies in the interval of the accuracy in {mean('covered'):.0%}, "
        f"of the gain in {mean('gained'):.0%}, of the saver's loss in {mean('lost'):.0%}\n"
        f"  {more}"
    )


if __name__ == "__main__":
    main()
