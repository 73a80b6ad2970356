"""The heads of all cuts of Lite0: CPU seconds, against one forward pass and against scikit-learn.

The features are random ones of the cuts' widths, with as much of the classes in them as photos
have. scikit-learn does the same: it chooses the strength among the same ones by the log loss of
the same inner folds, and then fits the same heads; `--skip-scikit-learn` leaves out those minutes.
"""

import argparse
import os
import time

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from diamond_cutter.command.settings import TrainingSettings
from diamond_cutter.precompute.heads.folds import Fold, make_folds
from diamond_cutter.precompute.heads.head_training import train_cuts
from diamond_cutter.precompute.heads.logistic_head import VARIANCES

WIDTHS = (32, 16, 24, 24, 40, 40, *[80] * 3, *[112] * 3, *[192] * 4, 320, 1280)
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=450)
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--head", choices=("logistic", "keras"), default="logistic")
    parser.add_argument("--skip-pass", action="store_true", help="time no forward pass")
    parser.add_argument("--skip-scikit-learn", action="store_true")
    options = parser.parse_args()
    labels = np.arange(options.photos) % options.classes
    cuts = [make_features(labels, width, seed) for seed, width in enumerate(WIDTHS)]
    folds = make_folds(labels, np.arange(len(labels)), [""] * len(labels), options.folds, seed=0)
    print(f"{options.photos} photos, {options.classes} classes, {len(folds)} folds, "
          f"{len(WIDTHS)} cuts, {os.cpu_count()} cores")  # fmt: skip

    start = time.process_time()
    settings = TrainingSettings(head=options.head)
    readers = [lambda cut=cut: cut[:, None] for cut in cuts]
    trained = list(train_cuts(readers, labels, options.classes, folds, settings, seed=0))
    seconds = time.process_time() - start
    right = [np.mean(each.probability.argmax(axis=1) == labels) for each in trained]
    print(f"{options.head} heads: {seconds:.2f} CPU s, accuracy {np.mean(right):.3f}")
    if not options.skip_pass:
        forward = time_pass(options.photos)
        print(
            f"one forward pass: {forward:.2f} CPU s; the heads take {seconds / forward:.2f} of it"
        )
    if not options.skip_scikit_learn:
        start = time.process_time()
        right = [fit_reference(cut, labels, folds) for cut in cuts]
        reference = time.process_time() - start
        print(f"scikit-learn: {reference:.2f} CPU s, accuracy {np.mean(right):.3f}; "
              f"{reference / seconds:.0f} times as long")  # fmt: skip


def make_features(labels: NDArray[np.intp], width: int, seed: int) -> NDArray[np.float32]:
    """Features (N, width) >= 0 whose spread falls off as that of activations does."""
    generator = np.random.default_rng([seed, width])
    spread = np.arange(1, width + 1) ** -0.5
    centres = 0.35 * generator.standard_normal((labels.max() + 1, width))
    noise = generator.standard_normal((len(labels), width))
    mixing = generator.standard_normal((width, width)) / np.sqrt(width)
    return np.float32(np.maximum(((centres[labels] + noise) * spread) @ mixing, 0))


def fit_reference(
    features: NDArray[np.float32], labels: NDArray[np.intp], folds: list[Fold]
) -> float:
    """The held-out accuracy of scikit-learn's heads, all photos' head fitted too."""
    costs = features.shape[1] / VARIANCES
    probability = np.zeros((len(labels), labels.max() + 1))
    losses = np.zeros(len(costs))
    for fold in folds:
        inner = np.array([
            [judge(features, labels, cost, *rows) for rows in fold.inner] for cost in costs
        ]).mean(axis=1)  # fmt: skip
        losses += inner
        model = fit(features, labels, costs[inner.argmin()], fold.train)
        probability[fold.test] = model.predict_proba(features[fold.test])
    fit(features, labels, costs[losses.argmin()], np.arange(len(labels)))
    return float(np.mean(probability.argmax(axis=1) == labels))


def fit(features, labels, strength, rows):  # type: ignore[no-untyped-def]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / strength, max_iter=1000))
    return model.fit(features[rows], labels[rows])


def judge(features, labels, strength, train, validation):  # type: ignore[no-untyped-def]
    model = fit(features, labels, strength, train)
    shares = model.predict_proba(features[validation])
    return log_loss(labels[validation], shares, labels=model.classes_)


def time_pass(photos: int) -> float:
    """CPU seconds that Lite0 takes for so many photos, the first batch, which traces, left out."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.backbones.keras_runtime import tf

    backbone = catalogue.load("efficientnet-lite0")
    run = tf.function(lambda batch: backbone.model(batch, training=False))
    side = backbone.input_size
    batch = tf.random.stateless_uniform((BATCH, side, side, 3), seed=(1, 2))
    run(batch)
    start = time.process_time()
    for _ in range(-(-photos // BATCH)):
        run(batch).numpy()
    return time.process_time() - start


if __name__ == "__main__":
    main()
