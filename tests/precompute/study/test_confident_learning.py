"""The labels that heads doubt: which, in which order, and that who knows nothing has no doubts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.study.study_layout import LabelDoubt, LabelDoubts
from diamond_cutter.precompute.study.dataset.confident_learning import find_doubts, score_labels

CLASSES = ["a", "b", "c"]
CUT = [("net", "block1")]


def find(labels: NDArray[np.int64], probability: NDArray[np.float64]) -> LabelDoubts:
    paths = [f"{photo}.jpg" for photo in range(len(labels))]
    return find_doubts(CUT, [probability], labels, CLASSES[: probability.shape[1]], paths)


def sure(labels: NDArray[np.int64], own: list[float]) -> NDArray[np.float64]:
    """(N, 3) probabilities: `own` of each class for its photos, the rest for the others alike."""
    given = np.array(own)[labels]
    probability = np.repeat((1 - given)[:, None] / 2, 3, axis=1)
    probability[np.arange(len(labels)), labels] = given
    return probability + np.random.default_rng(0).uniform(0, 1e-3, probability.shape)


def test_the_score_is_the_share_of_the_likeliest_other_class() -> None:
    probability = np.array([[0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.0, 0.0, 1.0]])
    score, other = score_labels(np.array([0, 0, 2]), probability)
    np.testing.assert_allclose(score, [0.3 / 0.9, 0.8 / 0.9, 1e-9], rtol=1e-6)
    assert other[:2].tolist() == [1, 2]


def test_labels_are_doubted_the_surest_first() -> None:
    labels = np.repeat([0, 1, 2], 20)
    probability = sure(labels, [0.9, 0.9, 0.9])
    probability[3] = [0.05, 0.95, 0]
    probability[25] = [0, 0.01, 0.99]
    probability[45] = [0.45, 0.05, 0.5]  # unsure, but right
    found = find(labels, probability)
    assert found.cuts == CUT
    assert found.unknown == []
    assert found.photos == [
        LabelDoubt("25.jpg", "b", "c", pytest.approx(0.99)),
        LabelDoubt("3.jpg", "a", "b", pytest.approx(0.95)),
    ]


def test_a_class_is_suggested_only_where_it_is_as_likely_as_is_usual_for_it() -> None:
    """Of "a" the heads are sure, of "b" never: 0.6 is much for "b", and little for "a"."""
    labels = np.repeat([0, 1, 2], 20)
    probability = sure(labels, [0.9, 0.5, 0.9])
    probability[45] = [0.6, 0.1, 0.3]
    probability[46] = [0.1, 0.6, 0.3]
    assert [doubt.path for doubt in find(labels, probability).photos] == ["46.jpg"]


def test_several_cuts_are_asked_for_their_mean() -> None:
    labels = np.repeat([0, 1, 2], 20)
    first, second = sure(labels, [0.9, 0.9, 0.9]), sure(labels, [0.9, 0.9, 0.9])
    first[3] = second[3] = [0.04, 0.96, 0]
    first[4] = [0, 1, 0]  # one alone
    paths = [f"{photo}.jpg" for photo in range(60)]
    found = find_doubts([*CUT, ("net", "block2")], [first, second], labels, CLASSES, paths)
    assert found.photos == [LabelDoubt("3.jpg", "a", "b", pytest.approx(0.96))]


def test_heads_that_know_nothing_have_no_doubts() -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(0, 3, 300)
    found = find(labels, generator.dirichlet([1, 1, 1], 300))
    assert found.unknown == CLASSES
    assert found.photos == []


def test_a_class_that_heads_do_not_know_is_neither_doubted_nor_suggested() -> None:
    labels = np.repeat([0, 1, 2], [20, 20, 5])  # of "c" there are too few
    probability = sure(labels, [0.9, 0.9, 0.1])
    probability[3] = [0, 0.01, 0.99]
    probability[44] = [0.99, 0.01, 0]
    probability[30] = [0.99, 0.01, 0]
    found = find(labels, probability)
    assert found.unknown == ["c"]
    assert [doubt.path for doubt in found.photos] == ["30.jpg"]


def test_nothing_is_said_of_photos_that_were_held_out_in_no_fold() -> None:
    labels = np.repeat([0, 1, 2], 20)
    probability = sure(labels, [0.9, 0.9, 0.9])
    probability[3] = [0.05, 0.95, 0]
    probability[25] = [0, 0.01, 0.99]
    probability[[0, 25]] = np.nan
    assert [doubt.path for doubt in find(labels, probability).photos] == ["3.jpg"]


def test_flipped_labels_are_found() -> None:
    """Of labels flipped at random most are doubted, and hardly any other."""
    generator = np.random.default_rng(2)
    truth = np.arange(300) % 3
    labels = truth.copy()
    labels[:30] = (truth[:30] + generator.integers(1, 3, 30)) % 3
    logits = generator.normal(0, 1, (300, 3)) + 3.5 * np.eye(3)[truth]
    odds = np.exp(logits)
    found = find(labels, odds / odds.sum(axis=1, keepdims=True))
    photos = [int(doubt.path.removesuffix(".jpg")) for doubt in found.photos]
    assert sum(photo < 30 for photo in photos) >= 20
    assert sum(photo >= 30 for photo in photos) <= 5
    assert all(photo < 30 for photo in photos[:10])
