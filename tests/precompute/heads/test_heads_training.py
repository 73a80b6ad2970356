"""Training of whole cuts: settings checked first, cuts side by side, heads on real photos."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import TrainingSettings
from diamond_cutter.precompute.heads.folds import make_folds
from diamond_cutter.precompute.heads.head import Dense, Head, probabilities, scaled_layer
from diamond_cutter.precompute.heads.head_training import check_training, train, train_cuts


def make_cuts(count: int) -> tuple[list[NDArray[np.float32]], NDArray[np.intp]]:
    """Features (60, 1, D) of `count` cuts, each tells three classes apart better than the last."""
    generator = np.random.default_rng(4)
    labels = np.arange(60) % 3
    cuts = []
    for number in range(count):
        centres = generator.standard_normal((3, 6 + number)) * number
        values = centres[labels] + generator.standard_normal((60, 6 + number))
        cuts.append(values[:, None].astype(np.float32))
    return cuts, labels


def test_cuts_come_back_in_order_and_are_those_trained_alone() -> None:
    cuts, labels = make_cuts(5)
    folds = make_folds(labels, np.arange(60), [""] * 60, 4, seed=0)
    settings = TrainingSettings()
    readers = [lambda cut=cut: cut for cut in cuts]
    together = list(train_cuts(readers, labels, 3, folds, settings, seed=0, threads=3))
    for cut, trained in zip(cuts, together, strict=True):
        alone = train(cut, labels, 3, folds, settings, seed=0)
        assert alone.strengths == trained.strengths
        np.testing.assert_allclose(trained.probability, alone.probability, atol=1e-4)
    right = [np.mean(trained.probability.argmax(axis=1) == labels) for trained in together]
    assert right[0] < 0.6 < 0.95 < right[-1]


def test_the_kind_of_head_decides_what_comes_with_it() -> None:
    [cut, *_], labels = make_cuts(1)
    folds = make_folds(labels, np.arange(60), [""] * 60, 3, seed=0)
    logistic = train(cut, labels, 3, folds, TrainingSettings(), seed=0)
    keras = train(cut, labels, 3, folds, TrainingSettings(head="keras", epochs=2), seed=0)
    assert (len(logistic.strengths), logistic.curves) == (4, [])
    assert (keras.strengths, [curve.fold for curve in keras.curves]) == ([], [0, 1, 2])
    assert all(each.probability.dtype == np.float32 for each in (logistic, keras))


@pytest.mark.parametrize("kind", ["logistic", "keras"])
def test_the_heads_of_the_folds_say_what_was_predicted(kind: str) -> None:
    [_, cut], labels = make_cuts(2)
    folds = make_folds(labels, np.arange(60), [""] * 60, 3, seed=0)
    settings = TrainingSettings(head=kind, epochs=2, hidden_units=4)
    trained = train(cut, labels, 3, folds, settings, seed=0)
    assert len(trained.folds) == 3
    for fold, head in zip(folds, trained.folds, strict=True):
        again = probabilities(head, cut[fold.test, 0])
        np.testing.assert_allclose(again, trained.probability[fold.test], atol=1e-4)


def test_class_weights_reach_the_heads() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], [54, 6])
    cut = (labels[:, None] + generator.standard_normal((60, 4)))[:, None].astype(np.float32)
    folds = make_folds(labels, np.arange(60), [""] * 60, 3, seed=0)
    plain, balanced = (
        train(cut, labels, 2, folds, TrainingSettings(class_weights=kind), seed=0)
        for kind in ("none", "balanced")
    )
    assert balanced.probability[:, 1].mean() > 2 * plain.probability[:, 1].mean()


def test_scaling_and_hidden_layers_are_inside_the_head() -> None:
    generator = np.random.default_rng(2)
    features = (generator.standard_normal((20, 5)) * [1, 10, 1e3, 0.1, 1] + 3).astype(np.float32)
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    weights = [generator.standard_normal(shape) for shape in ((5, 7), (7, 3))]
    biases = [generator.standard_normal(size) for size in (7, 3)]
    hidden = np.maximum((features - mean) / spread @ weights[0] + biases[0], 0)
    expected = np.exp(hidden @ weights[1] + biases[1])
    expected /= expected.sum(axis=1, keepdims=True)
    last = Dense(weights[1].astype(np.float32), biases[1].astype(np.float32))
    head = Head([scaled_layer(weights[0], biases[0], mean, spread), last])
    before = features.copy()
    np.testing.assert_allclose(probabilities(head, features), expected, atol=1e-5)
    np.testing.assert_array_equal(features, before)


def test_default_settings_can_be_trained_with() -> None:
    check_training(TrainingSettings())
    check_training(TrainingSettings(head="keras", optimizer="sgd", dropout=0.9, early_stopping=0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head": "svm"}, "training: head: expected one of logistic, keras, own, got 'svm'"),
        ({"class_weights": "even"}, "class_weights: expected one of none, balanced, got 'even'"),
        ({"optimizer": "Adamm"}, "optimizer: expected one of adam, .*, got 'Adamm'"),
        ({"learning_rate": -0.1}, "learning_rate: expected 0 or a number above, got -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate: expected 0 or a number above, got nan"),
        ({"epochs": 0}, "epochs: expected 1 or more, got 0"),
        ({"batch_size": -1}, "batch_size: expected 1 or more, got -1"),
        ({"dropout": 1.0}, "dropout: expected a share from 0 to below 1, got 1.0"),
        ({"hidden_units": -2}, "hidden_units: expected 0 or more, got -2"),
        ({"weight_decay": float("inf")}, "weight_decay: expected 0 or a number above, got inf"),
        ({"early_stopping": -1}, "early_stopping: expected 0 or more epochs, got -1"),
    ],
)
def test_settings_that_nothing_can_be_trained_with_are_refused(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        check_training(replace(TrainingSettings(), **change))  # type: ignore[arg-type]
