"""Heads trained by Keras: they learn, their curves are true, and the seed decides."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import TrainingSettings
from diamond_cutter.precompute.heads.folds import Fold, make_folds
from diamond_cutter.precompute.heads.head import HeadTask, probabilities
from diamond_cutter.precompute.heads.keras_head import OPTIMIZERS, train_keras

SETTINGS = TrainingSettings(head="keras", learning_rate=0.1, epochs=8, early_stopping=0)


def make_task(*, photos: int = 120, apart: float = 1.0, views: int = 1, rare: int = 0) -> HeadTask:
    """Three classes of 10 features, the last of them of `rare` photos if that is given."""
    generator = np.random.default_rng([7, photos, views])
    labels = np.arange(photos) % 3
    if rare:
        labels = np.repeat([0, 1, 2], [photos - photos // 2, photos // 2 - rare, rare])
    centres = generator.standard_normal((3, 10)) * apart
    values = centres[labels][:, None] + generator.standard_normal((photos, views, 10))
    return HeadTask((values * 5 + 20).astype(np.float32), labels, 3, balanced=False)


def make_plain_folds(labels: NDArray[np.integer], count: int = 3) -> list[Fold]:
    return make_folds(labels, np.arange(len(labels)), [""] * len(labels), count, seed=0)


def test_a_linear_head_comes_near_logistic_regression() -> None:
    task = make_task(photos=240)
    folds = make_plain_folds(task.labels)
    settings = replace(SETTINGS, epochs=20)
    probability, [*_, head], curves = train_keras(task, folds, settings, seed=0)
    assert [layer.weight.shape for layer in head.layers] == [(10, 3)]
    plain = task.features[:, 0]
    for fold in folds:
        train = fold.inner[0][0]
        scaler = StandardScaler().fit(plain[train])
        model = LogisticRegression(C=100).fit(scaler.transform(plain[train]), task.labels[train])
        expected = model.predict_proba(scaler.transform(plain[fold.test]))
        assert np.abs(probability[fold.test] - expected).mean() < 0.05
    assert len(curves) == 3


def test_the_curves_are_those_of_the_inner_fold() -> None:
    task = make_task()
    folds = make_plain_folds(task.labels)
    _, _, curves = train_keras(task, folds, SETTINGS, seed=0)
    for index, curve in enumerate(curves):
        assert curve.fold == index
        assert curve.epoch == 7
        lengths = {len(curve.loss), len(curve.accuracy), len(curve.validation_loss)}
        assert lengths == {8} == {len(curve.validation_accuracy)}
        assert curve.loss[-1] < curve.loss[0] / 2
        assert curve.validation_loss[-1] < curve.validation_loss[0]
        assert all(0 <= share <= 1 for share in curve.accuracy + curve.validation_accuracy)


def test_the_weights_kept_are_those_of_the_epoch_of_the_lowest_validation_loss() -> None:
    """What is held out here is the inner validation too, so that the curve can be checked."""
    task = make_task(photos=60, apart=0.3)
    rows = np.arange(60)
    fold = Fold(rows[:30], rows[30:], [(rows[:30], rows[30:])])
    settings = replace(SETTINGS, epochs=60, early_stopping=4)
    probability, _, [curve] = train_keras(task, [fold], settings, seed=0)
    assert curve.epoch == int(np.argmin(curve.validation_loss))
    assert len(curve.validation_loss) == curve.epoch + 1 + 4 < 60
    own = probability[rows[30:], task.labels[30:]]
    assert -np.log(own).mean() == pytest.approx(curve.validation_loss[curve.epoch], rel=1e-3)
    right = np.mean(probability[30:].argmax(axis=1) == task.labels[30:])
    assert right == pytest.approx(curve.validation_accuracy[curve.epoch], abs=1e-6)


def test_held_out_photos_have_no_say_and_the_seed_decides() -> None:
    task = make_task()
    [fold, *_] = make_plain_folds(task.labels)
    settings = replace(SETTINGS, dropout=0.3, hidden_units=8, epochs=4, batch_size=16)
    probability, [*_, head], curves = train_keras(task, [fold], settings, seed=0)
    features, labels = task.features.copy(), task.labels.copy()
    features[fold.test] = 0
    labels[fold.test] = 0
    same, _, same_curves = train_keras(
        HeadTask(features, labels, 3, False), [fold], settings, seed=0
    )
    assert same_curves == curves
    again, [*_, head_again], _ = train_keras(task, [fold], settings, seed=0)
    np.testing.assert_array_equal(again, probability)
    for one, other in zip(head.layers, head_again.layers, strict=True):
        np.testing.assert_array_equal(one.weight, other.weight)
    other_seed, _, _ = train_keras(task, [fold], settings, seed=1)
    assert not np.allclose(other_seed[fold.test], probability[fold.test])
    assert len({tuple(row) for row in same[fold.test]}) == 1  # all are the same picture now


def test_a_hidden_layer_learns_what_a_linear_head_cannot() -> None:
    generator = np.random.default_rng(3)
    values = generator.uniform(-1, 1, (400, 2)).astype(np.float32)
    labels = (values[:, 0] * values[:, 1] > 0).astype(np.int64)
    task = HeadTask(values[:, None], labels, 2, balanced=False)
    [fold, *_] = make_plain_folds(labels)
    right = []
    for hidden in (0, 16):
        settings = replace(SETTINGS, hidden_units=hidden, epochs=25)
        probability, [*_, head], _ = train_keras(task, [fold], settings, seed=0)
        right.append(np.mean(probability[fold.test].argmax(axis=1) == labels[fold.test]))
        again = probabilities(head, values)
        assert len(head.layers) == 1 + (hidden > 0)
        assert (np.mean(again.argmax(axis=1) == labels) > 0.9) == (hidden > 0)
    assert right[0] < 0.7 < 0.9 < right[1]


def test_balanced_classes_lift_the_rare_one() -> None:
    task = make_task(photos=160, apart=0.35, rare=12)
    [fold, *_] = make_plain_folds(task.labels)
    plain, _, _ = train_keras(task, [fold], SETTINGS, seed=0)
    balanced = HeadTask(task.features, task.labels, 3, balanced=True)
    lifted, _, _ = train_keras(balanced, [fold], SETTINGS, seed=0)
    assert lifted[fold.test, 2].mean() > 1.5 * plain[fold.test, 2].mean()


def test_weight_decay_and_dropout_do_something() -> None:
    task = make_task()
    folds = make_plain_folds(task.labels)[:1]
    _, [*_, head], [curve] = train_keras(task, folds, SETTINGS, seed=0)
    decayed = train_keras(task, folds, replace(SETTINGS, weight_decay=0.5), seed=0)[1][-1].layers[0]
    assert np.linalg.norm(decayed.weight) < 0.8 * np.linalg.norm(head.layers[0].weight)
    dropped = train_keras(task, folds, replace(SETTINGS, dropout=0.5), seed=0)[2][0]
    assert dropped.loss[-1] > 1.2 * curve.loss[-1]


def test_all_views_train_and_the_first_is_predicted() -> None:
    task = make_task(views=3)
    [fold, *_] = make_plain_folds(task.labels)
    shifted = task.features.copy()
    shifted[:, 1:] += 100  # other views lie elsewhere, and so does the mean
    probability, _, _ = train_keras(task, [fold], SETTINGS, seed=0)
    other, _, _ = train_keras(HeadTask(shifted, task.labels, 3, False), [fold], SETTINGS, seed=0)
    assert not np.allclose(probability[fold.test], other[fold.test], atol=1e-2)
    assert np.mean(probability[fold.test].argmax(axis=1) == task.labels[fold.test]) > 0.8


@pytest.mark.parametrize("name", OPTIMIZERS[1:])
def test_every_optimizer_there_is_trains(name: str) -> None:
    task = make_task(photos=30)
    folds = make_plain_folds(task.labels)[:1]
    settings = replace(SETTINGS, optimizer=name, epochs=3, weight_decay=0.01)
    _, [*_, head], [curve] = train_keras(task, folds, settings, seed=0)
    assert np.isfinite(head.layers[0].weight).all()
    assert curve.loss[-1] < curve.loss[0]


def test_folds_without_inner_folds_train_all_epochs() -> None:
    task = make_task(photos=30)
    rows = np.arange(30)
    settings = replace(SETTINGS, early_stopping=2)
    _, _, [curve] = train_keras(task, [Fold(rows[:20], rows[20:], [])], settings, seed=0)
    assert (curve.epoch, curve.validation_loss) == (7, [])


def make_skewed_task(photos: int, classes: int) -> HeadTask:
    """Skewed features, as pooled ReLUs are, of classes that a linear head can tell apart."""
    generator = np.random.default_rng([11, photos])
    labels = np.arange(photos) % classes
    centres = np.random.default_rng(2).normal(0, 0.5, (classes, 40))
    values = centres[labels] + generator.normal(0, 0.6, (photos, 40))
    return HeadTask(np.exp(values).astype(np.float32)[:, None], labels, classes, balanced=False)


@pytest.mark.parametrize(("photos", "classes"), [(100, 3), (10_000, 10)])
def test_the_defaults_converge_on_few_photos_and_on_many(photos: int, classes: int) -> None:
    task = make_skewed_task(photos, classes)
    [fold, *_] = make_plain_folds(task.labels)
    probability, _, [curve] = train_keras(task, [fold], TrainingSettings(head="keras"), seed=0)
    plain = task.features[:, 0]
    scaler = StandardScaler().fit(plain[fold.train])
    model = LogisticRegression(max_iter=1000).fit(
        scaler.transform(plain[fold.train]), task.labels[fold.train]
    )
    best = model.predict_proba(scaler.transform(plain[fold.test]))
    truth = task.labels[fold.test]
    right, best_right = (
        np.mean(each.argmax(axis=1) == truth) for each in (probability[fold.test], best)
    )
    loss, best_loss = (
        -np.log(each[np.arange(len(truth)), truth]).mean()
        for each in (probability[fold.test], best)
    )
    assert best_right > 0.9
    assert right > best_right - 0.1
    assert loss < best_loss + 0.25
    assert not curve.is_falling


def test_a_loss_that_was_still_falling_is_known() -> None:
    task = make_skewed_task(100, 3)
    [fold, *_] = make_plain_folds(task.labels)
    slow = TrainingSettings(head="keras", learning_rate=0.001, epochs=50)
    _, _, [curve] = train_keras(task, [fold], slow, seed=0)
    assert curve.is_falling
    assert replace(curve, validation_loss=[1.0] * 45 + [0.991] * 5).is_falling is False
    assert replace(curve, validation_loss=[1.0] * 45 + [0.989] * 5).is_falling is True
    assert replace(curve, validation_loss=[1.0]).is_falling is False


@pytest.mark.parametrize("early_stopping", [0, 4])
def test_a_head_that_diverges_is_told(early_stopping: int) -> None:
    task = make_task(photos=60)
    folds = make_plain_folds(task.labels)[:1]
    patience = {"early_stopping": early_stopping}
    settings = replace(SETTINGS, optimizer="sgd", learning_rate=1e38, **patience)
    with pytest.raises(UserError, match=r"infinite in epoch \d of 8, by sgd at a learning_rate"):
        train_keras(task, folds, settings, seed=0)
