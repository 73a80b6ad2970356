"""Whether a study recommends the right cut: judged by photos that were not drawn for it.

    python benchmarks/recommendation.py FOLDER|digits|elpv-dataset [--photos 60 150 400]

Photos are drawn at random, a study of them chooses by the project's own folds, heads and rule, and
the heads that it would export are judged by all other photos but near duplicates of those drawn.
Habit: the last cut of the backbone best on ImageNet; top: the most accurate cut of the study;
oracle: the truly best one. The photos that judge are finitely many: an interval counts as holding
the truth where it does so within twice their standard error. Features are made once and kept.
`elpv-dataset` is a package of PyPI (solar cells, CC BY-NC-SA), to be installed beforehand.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.backbones.graph.network_cost import count_gflops
from diamond_cutter.precompute.features.feature_extraction import extract
from diamond_cutter.precompute.heads.head import probabilities
from diamond_cutter.precompute.heads.head_training import Trained
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
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
from diamond_cutter.precompute.study.study_plan import Plan, check_settings, make_plan

CACHE = Path(".cache/recommendation")
POINT = 0.01


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
    brought_covered: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("set", help="a folder of labelled photos, digits or elpv-dataset")
    parser.add_argument("--models", nargs="+", default=["efficientnet-lite0"])
    parser.add_argument("--photos", nargs="+", type=int, default=[60, 150, 400])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    settings = StudySettings(
        dataset=str(find_photos(options.set)),
        models=tuple(options.models),
        store=str(CACHE / "study.zarr"),
        features=str(CACHE / "features.zarr"),
        cache=str(CACHE / "cache"),
        workers=options.workers,
    )
    target = check_settings(settings)
    dataset = read_dataset(settings.dataset, Path(settings.cache), lambda *_: None)
    plan = make_plan("benchmark", settings, target)
    features = read_features(plan, dataset)
    for photos in options.photos:
        draws = [draw(plan, dataset, features, photos, seed) for seed in range(options.seeds)]
        report(photos, draws)


def find_photos(name: str) -> Path:
    """The folder of a set; those that come in packages are written to the cache."""
    if name == "digits":
        from sklearn.datasets import load_digits

        found = load_digits()
        images = np.uint8(255 * found.images / 16).repeat(12, axis=1).repeat(12, axis=2)
        return write(CACHE / name, images, found.target.astype(str))
    if name == "elpv-dataset":
        from elpv_dataset.utils import load_dataset

        images, probability, _ = load_dataset()
        return write(CACHE / name, images, np.where(probability >= 0.5, "defective", "sound"))
    return Path(name)


def write(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.str_]) -> Path:
    if not folder.exists():
        for label in np.unique(labels):
            (folder / label).mkdir(parents=True)
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            Image.fromarray(image).save(folder / label / f"{number:05}.png")
    return folder


def read_features(plan: Plan, dataset: Dataset) -> list[NDArray[np.float32]]:
    """The features of all photos, (N, 1, D), of each cut in the plan's order."""
    asked = [
        (backbone.network, [layer.name for layer in layers])
        for backbone, layers in zip(plan.backbones, plan.cuts, strict=True)
    ]
    display = open_display(sys.stderr)
    features = extract(asked, dataset.photos, plan.settings, display)
    display.close()
    return [features.read(backbone.name, layer.name) for backbone, layer in plan.pairs]


def draw(
    plan: Plan, dataset: Dataset, features: list[NDArray[np.float32]], photos: int, seed: int
) -> Drawn:
    label = np.array([photo.label for photo in dataset.photos])
    group = np.array([photo.group for photo in dataset.photos])
    generator = np.random.default_rng([seed, photos])
    number, order = len(dataset.classes), np.zeros(0, np.intp)
    while np.bincount(label[order[:photos]], minlength=number).min() < 2:  # as a study asks for
        order = generator.permutation(len(label))
    drawn, more = np.sort(order[:photos]), np.sort(order[: photos + MORE])
    rest = np.flatnonzero(~np.isin(group, group[more]))
    settings = replace(plan.settings, seed=seed)

    def sample_of(rows: NDArray[np.intp]) -> Sample:
        chosen = replace(dataset, photos=[dataset.photos[at] for at in rows])
        return take_sample(chosen, settings.folds, seed)

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
    price = np.array(gflops) + [2e-9 * each.shape[2] * number for each in features]
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
    brought = right_on_rest(trained_by_more, features[at]).astype(np.float64) - true[:, at]

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
        brought=float(brought.mean()),
        brought_covered=holds(learning.gain, brought),
    )


def report(photos: int, draws: list[Drawn]) -> None:
    def mean(name: str) -> float:
        return float(np.mean([getattr(each, name) for each in draws]))

    names = ("recommended", "saver", "habit", "top", "oracle")
    said = ", ".join(f"{name} {mean(name):.3f}" for name in names)
    worse = np.mean([each.recommended < each.habit - POINT for each in draws])
    print(f"{photos} photos, {len(draws)} draws: {said}")
    print(
        f"  gain over the habit {100 * (mean('recommended') - mean('habit')):+.2f} points, regret "
        f"{100 * (mean('oracle') - mean('recommended')):.2f}; more than a point below the habit in "
        f"{worse:.0%}\n  the truth lies in the interval of the accuracy in {mean('covered'):.0%}, "
        f"of the gain in {mean('gained'):.0%}, of the saver's loss in {mean('lost'):.0%}\n"
        f"  another {MORE} photos: {100 * mean('told'):+.2f} points expected, "
        f"{100 * mean('brought'):+.2f} came, within the interval in {mean('brought_covered'):.0%}"
    )


if __name__ == "__main__":
    main()
