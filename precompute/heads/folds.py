"""Folds: which photos train, which are held out, and which of those that train choose.

Photos of one group (near duplicates, or of one patient) never lie on both sides. scikit-learn's
StratifiedGroupKFold weighs every group against all classes and folds, which takes minutes for
100,000 photos, warns of classes smaller than the number of folds and refuses sets of such classes
alone; a class of two photos is nothing wrong here: each of them is held out while the other trains.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.study.dataset_report import Split

Rows = NDArray[np.intp]
"""Indices of photos, sorted."""
_NEIGHBOURS = (1, -1, 2, -2)
"""The folds, counted from the one held out, that choose for it: more would cost and add little."""
_MANY = 1000
"""Photos from which the two folds beside the one held out are enough to choose by."""


@dataclass(frozen=True)
class Fold:
    """Photos that train and photos that are held out from all that is fitted or chosen.

    `inner` splits `train` again, for what has to be chosen: photos to train and to validate with.
    It is empty where `train` holds but one group.
    """

    train: Rows
    test: Rows
    inner: list[tuple[Rows, Rows]]


def make_folds(
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    splits: list[Split],
    count: int,
    seed: int,
    own: Sequence[str] = (),
) -> list[Fold]:
    """The folds of N photos: `count` of them, or the dataset's own split or folds.

    `labels (N,)` and `groups (N,)`: each photo's class, and what it shares with those that stay on
    its side. Folds are stratified; there are fewer than `count` only where there are fewer
    groups. The inner folds of a fold are its neighbours, and it is theirs, so that what trains
    without two of them serves both.

    A split counts if it names "test" or "val" photos; all the others train. "test" is held out,
    and "val" chooses; without "test", "val" is held out. Photos of whose group some are on the side
    that they are to be judged by are left out of training, and of validation.

    `own`: the dataset's own fold of each photo, by name; they count where there is no split and
    all photos have one. Each is held out in turn, and what is of a group with it does not train.

    Raises `UserError` where nothing can be held out, or nothing is left to train with.
    """
    if count < 2:
        raise UserError(f"folds: expected 2 or more, got {count}; give a number from 2 on")
    given = np.asarray(splits)
    if np.isin(given, ("test", "val")).any():
        return [_given_fold(labels, groups, given, count, seed)]
    names, fold_of = np.unique(np.asarray(own, dtype=str), return_inverse=True)
    if len(names) > 1 and "" not in names:
        return [_own_fold(labels, groups, fold_of == fold, seed) for fold in range(len(names))]
    different = len(np.unique(groups))
    if different < 2:
        raise UserError(
            f"photos: expected two groups or more (near duplicates are one), got {different} among "
            f"{len(labels)} photos; add others"
        )
    number = deal(labels, groups, count, seed)
    return [_fold(labels, groups, number, held_out, seed) for held_out in range(number.max() + 1)]


def held_out_in(folds: list[Fold], photos: int) -> NDArray[np.int32]:
    """The fold in which each of `photos` photos is held out, (N,) int32; -1: in none."""
    number = np.full(photos, -1, np.int32)
    for index, fold in enumerate(folds):
        number[fold.test] = index
    return number


def deal(
    labels: NDArray[np.integer], groups: NDArray[np.integer], count: int, seed: int
) -> NDArray[np.int32]:
    """A number of 0..count-1 for each photo, (N,) int32, the same within a group.

    Groups are dealt out one by one, the larger ones first, each to where its classes are rarest,
    then to where the fewest photos are. Without groups no class differs by more than one photo
    between two folds.
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    _, label, totals = np.unique(labels, return_inverse=True, return_counts=True)
    count = min(count, len(sizes))
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(sizes)[:-1])
    shuffled = np.random.default_rng([seed, len(labels)]).permutation(len(sizes))
    shares = np.zeros((len(totals), count))
    photos = [0] * count
    number = np.empty(len(labels), np.int32)
    for index in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        inside = members[index]
        classes = label[inside]
        crowd = shares[classes].sum(axis=0).round(9).tolist()
        chosen = min(range(count), key=lambda fold: (crowd[fold], photos[fold]))
        np.add.at(shares[:, chosen], classes, 1 / totals[classes])
        photos[chosen] += len(inside)
        number[inside] = chosen
    return number


def divide(
    fold: Fold, labels: NDArray[np.integer], groups: NDArray[np.integer], parts: int, seed: int
) -> list[Fold]:
    """The fold with each of `parts` parts of its training photos, stratified.

    There are fewer parts only where there are fewer groups.
    """
    number = deal(labels[fold.train], groups[fold.train], parts, seed)
    divided = (fold.train[number == part] for part in range(number.max() + 1))
    return [
        Fold(rows, fold.test, _inner_folds(labels, groups, rows, len(_NEIGHBOURS), seed))
        for rows in divided
    ]


def _fold(
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    number: NDArray[np.int32],
    held_out: int,
    seed: int,
) -> Fold:
    count = int(number.max()) + 1
    train = np.flatnonzero(number != held_out)
    if count == 2:
        inner = _inner_folds(labels, groups, train, 2, seed)
    else:
        steps = _NEIGHBOURS[:2] if len(labels) >= _MANY else _NEIGHBOURS
        others = dict.fromkeys((held_out + step) % count for step in steps)
        others.pop(held_out, None)
        inner = [
            (
                np.flatnonzero((number != held_out) & (number != other)),
                np.flatnonzero(number == other),
            )
            for other in others
        ]
    return Fold(train, np.flatnonzero(number == held_out), inner)


def _own_fold(
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    held_out: NDArray[np.bool_],
    seed: int,
) -> Fold:
    train = np.flatnonzero(~held_out & ~np.isin(groups, groups[held_out]))
    if not len(train):
        raise UserError(
            "folds: expected photos beside each fold that are of no group with those in it, got "
            'none; folders = "ignore" deals them out anew'
        )
    inner = _inner_folds(labels, groups, train, len(_NEIGHBOURS), seed)
    return Fold(train, np.flatnonzero(held_out), inner)


def _given_fold(
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    given: NDArray[np.str_],
    count: int,
    seed: int,
) -> Fold:
    validation = given == "val"
    test = given == "test"
    if not test.any():
        test, validation = validation, test
    validation &= ~np.isin(groups, groups[test])
    train = ~np.isin(given, ("test", "val")) & ~np.isin(groups, groups[test | validation])
    if not train.any():
        raise UserError(
            f"training photos: expected some beside those that {str(given[test][0])!r} holds "
            "out, got none that is of no group with them; put other photos in train"
        )
    rows = np.flatnonzero(train)
    if validation.any():
        inner = [(rows, np.flatnonzero(validation))]
    else:
        inner = _inner_folds(labels, groups, rows, count, seed)
    return Fold(rows, np.flatnonzero(test), inner)


def _inner_folds(
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    rows: Rows,
    count: int,
    seed: int,
) -> list[tuple[Rows, Rows]]:
    number = deal(labels[rows], groups[rows], count, seed)
    folds = range(number.max() + 1)
    return (
        [(rows[number != fold], rows[number == fold]) for fold in folds] if len(folds) > 1 else []
    )
