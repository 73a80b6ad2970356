"""Folds: stratified, near duplicates on one side, given splits kept, the same by seed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.heads.folds import Fold, deal, held_out_in, make_folds


def alone(count: int) -> NDArray[np.intp]:
    """Groups of photos that have no near duplicates."""
    return np.arange(count)


def check(folds: list[Fold], groups: NDArray[np.intp]) -> None:
    """No photo and no group is on two sides, outside or inside."""
    for fold in folds:
        assert not np.isin(groups[fold.test], groups[fold.train]).any()
        for train, validation in fold.inner:
            assert len(train)
            assert len(validation)
            assert not np.isin(groups[train], groups[validation]).any()
            assert not np.isin(groups[fold.test], groups[train]).any()
            assert not np.isin(groups[fold.test], groups[validation]).any()
            assert np.isin(train, fold.train).all()


def test_each_photo_is_held_out_once_and_classes_are_spread_evenly() -> None:
    labels = np.repeat([0, 1, 2], [90, 31, 7])
    folds = make_folds(labels, alone(128), [""] * 128, 5, seed=3)
    assert len(folds) == 5
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(128))
    counts = np.array([np.bincount(labels[fold.test], minlength=3) for fold in folds])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1
    check(folds, alone(128))
    number = held_out_in(folds, 128)
    assert all((number[fold.test] == index).all() for index, fold in enumerate(folds))


def test_a_fit_that_leaves_out_two_folds_serves_both() -> None:
    folds = make_folds(np.arange(60) % 3, alone(60), [""] * 60, 5, seed=0)
    trains = [train.tobytes() for fold in folds for train, _ in fold.inner]
    assert len(trains) == 20
    assert len(set(trains)) == 10
    many = make_folds(np.arange(60) % 3, alone(60), [""] * 60, 12, seed=0)
    assert {len(fold.inner) for fold in many} == {4}
    assert len({train.tobytes() for fold in many for train, _ in fold.inner}) == 24


def test_the_seed_alone_decides() -> None:
    labels = np.arange(50) % 4
    first, again, other = (deal(labels, alone(50), 5, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_near_duplicates_stay_together_whatever_their_labels() -> None:
    generator = np.random.default_rng(5)
    labels = generator.integers(4, size=300)
    groups = generator.integers(120, size=300)  # of all sizes and mixed labels
    folds = make_folds(labels, groups, [""] * 300, 5, seed=0)
    check(folds, groups)
    counts = np.array([np.bincount(labels[fold.test], minlength=4) for fold in folds])
    assert np.ptp(counts, axis=0).max() <= 3
    assert np.ptp(counts.sum(axis=1)) <= 3


def test_a_large_group_does_not_spoil_the_other_folds() -> None:
    labels = np.repeat([0, 1], 50)
    groups = np.where(np.arange(100) < 30, 0, np.arange(100))  # 30 of class 0 are one picture
    folds = make_folds(labels, groups, [""] * 100, 5, seed=0)
    counts = np.array([np.bincount(labels[fold.test], minlength=2) for fold in folds])
    assert sorted(counts[:, 0]) == [5, 5, 5, 5, 30]
    assert (counts[:, 1] == 10).all()


def test_a_class_of_two_photos_always_has_one_that_trains() -> None:
    labels = np.repeat([0, 1, 2], [40, 40, 2])
    folds = make_folds(labels, alone(82), [""] * 82, 5, seed=0)
    assert len(folds) == 5
    assert all(np.isin([0, 1, 2], labels[fold.train]).all() for fold in folds)


def test_classes_that_are_all_small_are_split() -> None:
    labels = np.repeat(np.arange(30), 2)
    folds = make_folds(labels, alone(60), [""] * 60, 5, seed=0)
    assert [len(fold.test) for fold in folds] == [12] * 5
    assert all(len(np.unique(labels[fold.train])) == 30 for fold in folds)


@pytest.mark.parametrize(("photos", "expected"), [(2, 2), (3, 3), (4, 4)])
def test_there_are_no_more_folds_than_pictures(photos: int, expected: int) -> None:
    folds = make_folds(np.arange(photos) % 2, alone(photos), [""] * photos, 5, seed=0)
    assert len(folds) == expected
    check(folds, alone(photos))
    assert bool(folds[0].inner) == (photos > 2)


def test_two_folds_choose_within_each_half() -> None:
    folds = make_folds(np.arange(40) % 2, alone(40), [""] * 40, 2, seed=0)
    check(folds, alone(40))
    assert [(len(train), len(rows)) for train, rows in folds[0].inner] == [(10, 10), (10, 10)]


def test_a_given_split_is_kept_and_leaks_are_left_out() -> None:
    splits = ["train"] * 20 + ["val"] * 6 + ["test"] * 6
    groups = alone(32)
    groups[[3, 26]] = 100  # training and test
    groups[[4, 20]] = 101  # training and validation
    groups[[21, 27]] = 102  # validation and test
    [fold] = make_folds(np.arange(32) % 2, groups, splits, 5, seed=0)  # type: ignore[arg-type]
    assert fold.train.tolist() == [i for i in range(20) if i not in (3, 4)]
    assert fold.test.tolist() == list(range(26, 32))
    [(train, validation)] = fold.inner
    assert train.tolist() == fold.train.tolist()
    assert validation.tolist() == [20, 22, 23, 24, 25]
    assert held_out_in([fold], 32).tolist() == [-1] * 26 + [0] * 6


def test_folds_of_the_dataset_are_held_out_in_turn_and_leaks_are_left_out() -> None:
    own = ["two", "one", "three"] * 10
    groups = alone(30)
    groups[[1, 3]] = 100  # in "one" and in "two"
    folds = make_folds(np.arange(30) % 2, groups, [""] * 30, 5, 0, own)
    check(folds, groups)
    assert [fold.test.tolist() for fold in folds] == [
        list(range(1, 30, 3)),
        list(range(2, 30, 3)),
        list(range(0, 30, 3)),
    ]
    assert [sorted({*range(30)} - {*fold.train} - {*fold.test}) for fold in folds] == [[3], [], [1]]


def test_folds_that_not_all_photos_have_are_dealt_out_anew() -> None:
    own = ["a", "b", ""] * 10
    assert len(make_folds(np.arange(30) % 2, alone(30), [""] * 30, 5, 0, own)) == 5


@pytest.mark.parametrize("held_out", ["val", "test"])
def test_one_held_out_split_is_held_out_and_the_rest_chooses_inside(held_out: str) -> None:
    splits = ["train", ""] * 10 + [held_out] * 5
    [fold] = make_folds(np.arange(25) % 2, alone(25), splits, 4, seed=0)  # type: ignore[arg-type]
    assert fold.test.tolist() == [20, 21, 22, 23, 24]
    assert fold.train.tolist() == list(range(20))
    assert len(fold.inner) == 4
    check([fold], alone(25))
    assert sorted(np.concatenate([rows for _, rows in fold.inner])) == list(range(20))


def test_photos_that_are_all_for_training_are_split_into_folds() -> None:
    assert len(make_folds(np.arange(20) % 2, alone(20), ["train"] * 20, 4, seed=0)) == 4


@pytest.mark.parametrize(
    ("groups", "splits", "count", "message"),
    [
        ([0, 0, 0], ["", "", ""], 5, "photos: expected two groups or more"),
        ([0, 1, 2], ["test", "test", "test"], 5, "training photos: expected some beside"),
        ([0, 0, 0], ["train", "test", "test"], 5, "training photos: expected some beside"),
        ([0, 1, 2], ["", "", ""], 1, "folds: expected 2 or more, got 1"),
    ],
)
def test_what_cannot_be_split_is_said(
    groups: list[int], splits: list[str], count: int, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        make_folds(np.array([0, 1, 0]), np.array(groups), splits, count, seed=0)  # type: ignore[arg-type]
