"""Linear heads against scikit-learn's LogisticRegression on the same features and folds."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from diamond_cutter.precompute.heads import logistic_head, softmax_regression
from diamond_cutter.precompute.heads.folds import Fold, make_folds
from diamond_cutter.precompute.heads.head import probabilities
from diamond_cutter.precompute.heads.logistic_head import HeadTask, choose_strengths, train_logistic


def make_task(
    photos: int,
    features: int,
    classes: int,
    *,
    apart: float = 0.5,
    balanced: bool = False,
    views: int = 1,
    seed: int = 0,
) -> HeadTask:
    """Features >= 0 and correlated, as activations are; `apart` is how far classes differ."""
    generator = np.random.default_rng([seed, photos, features, classes])
    labels = np.sort(generator.integers(classes, size=photos))
    labels[:classes] = np.arange(classes)
    centres = generator.standard_normal((classes, features)) * apart
    mixing = generator.standard_normal((features, features)) / np.sqrt(features)
    noise = generator.standard_normal((photos, views, features))
    values = np.maximum((centres[labels][:, None] + noise) @ mixing + 0.5, 0)
    return HeadTask(values.astype(np.float32), labels, classes, balanced)


def plain_folds(task: HeadTask, count: int = 5) -> list[Fold]:
    photos = len(task.labels)
    return make_folds(task.labels, np.arange(photos), [""] * photos, count, seed=0)


def reference(
    task: HeadTask, train: NDArray[np.intp], strength: float, wanted: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The probabilities (M, K) that scikit-learn gives `wanted (M, D)`, scaled by its own means."""
    views = task.features.shape[1]
    rows = task.features[train].reshape(-1, task.features.shape[2]).astype(np.float64)
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(
        C=1 / strength,
        class_weight="balanced" if task.balanced else None,
        tol=1e-8,
        max_iter=20_000,
    )
    labels = np.repeat(task.labels[train], views)
    model.fit(scaler.transform(rows), labels, np.full(len(labels), 1 / views))
    result = np.zeros((len(wanted), task.class_count))
    result[:, model.classes_] = model.predict_proba(scaler.transform(wanted.astype(np.float64)))
    return result


def check(task: HeadTask, tolerance: float = 1e-3) -> None:
    """Held-out probabilities and those of the head of all photos agree with the reference."""
    folds = plain_folds(task)
    probability, [*_, head], strengths = train_logistic(task, folds, seed=0)
    assert len(strengths) == len(folds) + 1
    plain = task.features[:, 0]
    for fold, strength in zip(folds, strengths, strict=False):
        expected = reference(task, fold.train, strength, plain[fold.test])
        np.testing.assert_allclose(probability[fold.test], expected, atol=tolerance)
    expected = reference(task, np.arange(len(plain)), strengths[-1], plain)
    np.testing.assert_allclose(probabilities(head, plain), expected, atol=tolerance)


@pytest.mark.parametrize(
    "task",
    [
        make_task(150, 12, 4),
        make_task(90, 300, 3),
        make_task(120, 20, 2),
        make_task(120, 20, 3, apart=0.2, balanced=True),
        make_task(80, 15, 3, views=3, balanced=True),
        make_task(60, 150, 2, views=2),
    ],
    ids=["N > D", "N < D", "two classes", "balanced", "views", "two classes, views, N < D"],
)
def test_heads_are_those_of_scikit_learn(task: HeadTask) -> None:
    check(task)


@pytest.mark.parametrize("variance", [0.01, 1.0, 100.0, 10_000.0])
@pytest.mark.parametrize(("features", "balanced"), [(10, False), (200, False), (10, True)])
def test_heads_of_any_strength_are_those_of_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, variance: float, features: int, balanced: bool
) -> None:
    monkeypatch.setattr(logistic_head, "VARIANCES", np.array([variance]))
    check(make_task(100, features, 4, apart=0.3, balanced=balanced), tolerance=3e-3)


def test_ill_scaled_constant_and_doubled_features_are_no_trouble() -> None:
    task = make_task(100, 12, 3)
    features = task.features.copy()
    features[..., 0] *= 1e6
    features[..., 2] = 0.1
    features[..., 3] = 0
    features[..., 4] = features[..., 5]
    features[..., 6] += 1000
    features[:, :, 7] = np.arange(100)[:, None] == 40  # constant in all training sets but some
    check(HeadTask(features, task.labels, 3, balanced=False))


def test_a_channel_that_training_hardly_excites_does_not_shout_down_the_others() -> None:
    """One training row excites it a little; a new photo does so a thousand times as much."""
    task = make_task(100, 24, 2, apart=1.0)
    features = np.concatenate([task.features, np.zeros((100, 1, 20), np.float32)], axis=2)
    features[np.arange(20), 0, np.arange(24, 44)] = 1e-3
    head = train_logistic(HeadTask(features, task.labels, 2, False), plain_folds(task), seed=0)[1][
        -1
    ]
    new = features[:, 0].copy()
    new[:, 24:] = 1.0
    plain = probabilities(head, features[:, 0]).argmax(axis=1)
    assert (plain == task.labels).mean() > 0.9
    assert (probabilities(head, new).argmax(axis=1) == plain).mean() > 0.9


def test_separable_photos_end_at_the_weakest_strength() -> None:
    task = make_task(60, 8, 3, apart=30)
    probability, _, strengths = train_logistic(task, plain_folds(task), seed=0)
    assert (probability.argmax(axis=1) == task.labels).all()
    assert np.isfinite(probability).all()
    assert strengths[-1] == pytest.approx(8 / logistic_head.VARIANCES[-1])


def test_the_strength_is_the_one_of_the_lowest_log_loss_inside_the_fold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logistic_head, "VARIANCES", 10.0 ** np.arange(-2, 4))
    task = make_task(90, 20, 3, apart=0.3)
    folds = plain_folds(task, 4)
    strengths = choose_strengths(task, folds, seed=0)
    grid = 20 / logistic_head.VARIANCES
    curves = np.array([[inner_loss(task, fold, strength) for strength in grid] for fold in folds])
    for curve, strength in zip([*curves, curves.mean(axis=0)], strengths, strict=True):
        assert curve[np.abs(grid - strength).argmin()] == pytest.approx(curve.min(), abs=1e-3)
    assert curves[:, 0].min() > curves.min(axis=1).max()  # it matters which


def inner_loss(task: HeadTask, fold: Fold, strength: float) -> float:
    losses = []
    for train, validation in fold.inner:
        shares = reference(task, train, strength, task.features[validation, 0])
        losses.append(-np.log(shares[np.arange(len(validation)), task.labels[validation]]).mean())
    return float(np.mean(losses))


def test_held_out_photos_have_no_say() -> None:
    task = make_task(100, 20, 4)
    [fold, *_] = plain_folds(task)
    features, labels = task.features.copy(), task.labels.copy()
    features[fold.test] = 1e6 * features[fold.test][::-1]
    labels[fold.test] = labels[fold.test][::-1]
    sides = [task, HeadTask(features, labels, 4, balanced=False)]
    assert choose_strengths(sides[0], [fold], 0) == choose_strengths(sides[1], [fold], 0)
    plain = [
        HeadTask(side.features[fold.train], side.labels[fold.train], 4, False) for side in sides
    ]
    assert (plain[0].features == plain[1].features).all()
    probability = train_logistic(task, [fold], seed=0)[0]
    mixed = features.copy()
    mixed[fold.test] = task.features[fold.test]
    again = train_logistic(HeadTask(mixed, labels, 4, balanced=False), [fold], seed=0)[0]
    np.testing.assert_array_equal(probability, again)
    swapped = train_logistic(sides[1], [fold], seed=0)[0][fold.test]
    assert not np.allclose(probability[fold.test], swapped)  # the photos themselves do count


def test_other_folds_do_not_choose_for_a_fold() -> None:
    task = make_task(120, 25, 3, apart=0.2)
    folds = plain_folds(task)
    together = train_logistic(task, folds, seed=0)
    for index, fold in enumerate(folds):
        probability, _, strengths = train_logistic(task, [fold], seed=0)
        assert strengths[0] == together[2][index]
        np.testing.assert_allclose(probability[fold.test], together[0][fold.test], atol=1e-4)


def test_photos_that_are_never_held_out_have_no_prediction() -> None:
    task = make_task(60, 10, 3)
    splits = np.where(np.arange(60) % 3 == 0, "test", "train").tolist()
    folds = make_folds(task.labels, np.arange(60), splits, 5, seed=0)
    probability = train_logistic(task, folds, seed=0)[0]
    assert (np.isnan(probability).all(axis=1) == (np.arange(60) % 3 != 0)).all()
    np.testing.assert_allclose(probability[::3].sum(axis=1), 1, rtol=1e-5)


def test_a_class_that_does_not_train_is_never_predicted() -> None:
    task = make_task(61, 10, 3)
    task.labels[:] = np.repeat([0, 1, 2], [30, 30, 1])
    folds = plain_folds(task)
    probability, [*_, head], _ = train_logistic(task, folds, seed=0)
    [fold] = [fold for fold in folds if 60 in fold.test]
    assert (probability[fold.test, 2] == 0).all()
    strength = train_logistic(task, [fold], seed=0)[2][0]
    # Of two classes scikit-learn penalises the difference of their weights alone.
    rest = HeadTask(task.features, task.labels, 2, balanced=False)
    expected = reference(rest, fold.train, strength / 2, task.features[fold.test, 0])
    np.testing.assert_allclose(probability[fold.test, :2], expected, atol=1e-3)
    assert probabilities(head, task.features[:, 0])[:, 2].sum() == pytest.approx(1, abs=0.01)


def test_three_photos_and_one_class_are_trained() -> None:
    task = make_task(3, 5, 2)
    task.labels[:] = [0, 0, 1]
    probability, _, strengths = train_logistic(task, plain_folds(task), seed=0)
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-5)
    assert probability[2].tolist() == [1, 0]
    assert len(strengths) == 4


def test_three_hundred_classes_of_five_photos_are_told_apart() -> None:
    labels = np.repeat(np.arange(300), 5)
    generator = np.random.default_rng(0)
    centres = generator.standard_normal((300, 24))
    features = centres[labels] + 0.4 * generator.standard_normal((1500, 24))
    task = HeadTask(features[:, None].astype(np.float32), labels, 300, balanced=False)
    probability = train_logistic(task, plain_folds(task), seed=0)[0]
    assert np.mean(probability.argmax(axis=1) == task.labels) > 0.95


def test_a_sample_chooses_nearly_the_same_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(600, 10, 3, apart=0.3)
    folds = plain_folds(task)
    everything = choose_strengths(task, folds, seed=0)
    monkeypatch.setattr(logistic_head, "SAMPLE", 200)
    sampled = choose_strengths(task, folds, seed=0)
    assert sampled == choose_strengths(task, folds, seed=0)
    assert np.abs(np.log10(np.divide(sampled, everything))).max() <= 1.01


def test_heads_found_one_by_one_are_those_found_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = make_task(100, 20, 4)
    together = train_logistic(task, plain_folds(task), seed=0)
    monkeypatch.setattr(logistic_head, "_NUMBERS", 1)
    alone = train_logistic(task, plain_folds(task), seed=0)
    np.testing.assert_allclose(alone[0], together[0], atol=2e-4)


def test_hard_problems_are_solved_within_the_steps_there_are() -> None:
    """The gradient at the solution is as small as asked for, from the worst of starts too."""
    generator = np.random.default_rng(1)
    for weakness in (1e-4, 1.0, 1e4):
        rows = generator.standard_normal((200, 30)) * 10.0 ** generator.uniform(-2, 2, 30)
        rows[:, 0] = 1
        labels = generator.integers(5, size=200)
        problem = softmax_regression.Problem(
            rows.astype(np.float32), labels, np.ones(200, np.float32), np.square(rows).sum(axis=0)
        )
        batch = softmax_regression.stack([problem, problem])
        far = generator.standard_normal((2, 5, 30)).astype(np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            one, other = softmax_regression.minimise(batch, np.full(2, weakness), far, 1e-9)
        for solution in (one, other):
            share = softmax_regression.probabilities(rows @ solution.T.astype(np.float64))
            share[np.arange(200), labels] -= 1
            gradient = share.T @ rows
            gradient[:, 1:] += weakness * solution[:, 1:]
            assert np.abs(gradient / np.sqrt(problem.curvature)).max() < 1e-2
