"""Whether the labels that heads doubt are wrong: judged by labels that were flipped on purpose.

    python benchmarks/label_doubts.py FOLDER|digits|elpv-dataset [--photos 150 400]

Photos are drawn at random, some of their labels are flipped to another class at random, and a study
of them, by the project's own folds and heads, ranks them by how doubtful their label is. Of the
first tenth of the photos: the share that was flipped, mean and least over the draws. Then average
precision and the area under the ROC curve of the whole ranking, and what the study would say: how
many labels it doubts, the share of them that was flipped, and of the flipped ones that it doubts.
Labels that were wrong before count as right ones.
"""

import argparse
from dataclasses import astuple, dataclass, replace
from functools import partial

import numpy as np
from labelled_photos import Pool, add_options, read_pool
from sklearn.metrics import average_precision_score, roc_auc_score

from diamond_cutter.precompute.study.cross_validation import measure_heads, take_sample, train_heads
from diamond_cutter.precompute.study.dataset.confident_learning import find_doubts, score_labels
from diamond_cutter.precompute.study.recommendation.cut_comparison import compare


@dataclass(frozen=True)
class Drawn:
    """Of one draw, shares of 0..1."""

    first_tenth: float
    average_precision: float
    roc_area: float
    doubted: float
    precision: float
    recall: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add_options(parser, photos=[150, 400], seeds=10)
    parser.add_argument("--flipped", type=float, default=0.1, help="share of the labels")
    options = parser.parse_args()
    pool = read_pool(options)
    for photos in options.photos:
        draws = [draw(pool, photos, options.flipped, seed) for seed in range(options.seeds)]
        tenth, precision, area, doubted, right, found = np.nanmean(
            [astuple(each) for each in draws], axis=0
        )
        least = min(each.first_tenth for each in draws)
        print(
            f"{photos} photos, {len(draws)} draws: {tenth:.0%} of the first tenth were flipped, "
            f"{least:.0%} at least; average precision {precision:.2f}, ROC area {area:.2f}\n"
            f"  {doubted:.1%} of all are doubted: {right:.0%} of them were flipped; {found:.0%} "
            "of the flipped ones are among them"
        )


def draw(pool: Pool, photos: int, share: float, seed: int) -> Drawn:
    rows = np.sort(pool.order(photos, seed)[:photos])
    true, number = pool.label[rows], len(pool.dataset.classes)
    generator = np.random.default_rng([seed, photos, *b"flip"])
    label = true.copy()
    turned = generator.permutation(photos)[: round(share * photos)]
    label[turned] = (true[turned] + generator.integers(1, number, len(turned))) % number
    flipped = label != true

    part = pool.part(rows)
    relabelled = [
        replace(photo, label=int(given)) for photo, given in zip(part.photos, label, strict=True)
    ]
    settings = replace(pool.plan.settings, seed=seed)
    sample = take_sample(replace(part, photos=relabelled), settings.folds, seed)
    readers = [partial(np.take, each, rows, axis=0) for each in pool.features]
    trained = list(train_heads(readers, sample, settings))
    right = np.stack([measure_heads(each, sample).right for each in trained], axis=1)
    tied = [at for at, each in enumerate(compare(right, sample.resamples)) if each.tied]
    probabilities = [trained[at].predictions.mean(axis=0) for at in tied]

    score, _ = score_labels(label, np.mean(probabilities, axis=0))
    first = np.argsort(-score, kind="stable")[: round(photos / 10)]
    keys = [(pool.plan.pairs[at][0].name, pool.plan.pairs[at][1].name) for at in tied]
    paths = [photo.path for photo in part.photos]
    found = find_doubts(keys, probabilities, label, pool.dataset.classes, paths)
    doubted = np.isin(paths, [doubt.path for doubt in found.photos])
    return Drawn(
        first_tenth=float(flipped[first].mean()),
        average_precision=float(average_precision_score(flipped, score)),
        roc_area=float(roc_auc_score(flipped, score)),
        doubted=float(doubted.mean()),
        precision=float(flipped[doubted].mean()) if doubted.any() else np.nan,
        recall=float(doubted[flipped].mean()),
    )


if __name__ == "__main__":
    main()
