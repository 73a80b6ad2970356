"""Words of channels that are known to have some, and of those that have none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.words.word_choice import choose_words

PHOTOS, CONCEPTS, CHANNELS = 600, 40, 60
CLEAR = range(20)
"""Channels that follow the concept of their number and ten more."""


def drawn(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of the photos for channels, of which some are clear, and for concepts."""
    draw = np.random.default_rng(seed)
    concepts = draw.normal(size=(PHOTOS, CONCEPTS))
    values = draw.normal(size=(PHOTOS, CHANNELS))
    values[:, CLEAR] += 2 * concepts[:, 10:30]
    return values, concepts


def halves(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The photos that choose, and those that judge."""
    order = np.random.default_rng(0).permutation(PHOTOS)
    return values[order[:300]], values[order[300:]]


def test_channels_get_their_own_concept_first_and_the_others_none() -> None:
    values, concepts = drawn()
    values[:, 59] = 3  # the same on all photos
    found = choose_words(values, concepts)
    assert (found.judged, found.strongest) == (300, 30)
    assert found.word[CLEAR, 0].tolist() == list(range(10, 30))
    assert (found.word[20:, 0] >= 0).sum() <= 2
    assert found.word[59].tolist() == [-1] * 5
    none = found.word < 0
    assert none[:, 1:].sum() >= 4 * CHANNELS - 4
    for array in (found.share, found.chance, found.interval.max(axis=-1)):
        assert (array[none] == 0).all()
        assert (array[~none] > 0).all()


def test_the_share_is_of_photos_that_did_not_choose() -> None:
    values, concepts = drawn()
    found = choose_words(values, concepts)
    for channel in (0, 7, 19):
        _, judging = halves(values)
        _, fits = halves(concepts)
        excited = set(np.argsort(-judging[:, channel])[:30].tolist())
        fitting = set(np.argsort(-fits[:, channel + 10])[:30].tolist())
        assert found.share[channel, 0] == pytest.approx(len(excited & fitting) / 30)
        assert found.chance[channel, 0] == pytest.approx(0.1)
    share = found.share[0, 0]
    middle = (share + 1.96**2 / 60) / (1 + 1.96**2 / 30)  # Wilson's
    assert found.interval[0, 0].mean() == pytest.approx(middle, abs=1e-3)


def test_what_only_the_choosing_photos_say_does_not_hold() -> None:
    values, concepts = drawn()
    order = np.random.default_rng(0).permutation(PHOTOS)
    judging = order[300:]
    values[judging] = np.random.default_rng(9).permutation(values[judging])
    found = choose_words(values, concepts)
    assert (found.word[:, 0] >= 0).sum() <= 1


def test_a_class_counts_all_its_photos() -> None:
    draw = np.random.default_rng(1)
    label = draw.integers(0, 4, PHOTOS)
    rare = draw.random(PHOTOS) < 0.03
    concepts = np.column_stack([np.eye(4)[label], rare])
    values = draw.normal(size=(PHOTOS, 12))
    values[:, 0] += 3 * (label == 2)
    values[:, 1] += 9 * rare
    found = choose_words(values, concepts)
    assert found.word[:2, 0].tolist() == [2, 4]
    assert (found.word[2:] >= 0).sum() <= 1
    _, has = halves(concepts)
    assert found.chance[:2, 0] == pytest.approx(has.mean(axis=0)[[2, 4]])
    assert found.share[0, 0] == pytest.approx(1, abs=0.15)
    assert found.share[1, 0] == pytest.approx(has[:, 4].sum() / 30)


@pytest.mark.parametrize("part", [1.0, 0.5])
def test_of_shuffled_channels_at_most_one_in_twenty_words_is_one_of_theirs(part: float) -> None:
    wrong = []
    for seed in range(10):
        values, concepts = drawn(seed)
        values = values[:, CLEAR]
        draw = np.random.default_rng(seed)
        shuffled = draw.permutation(len(CLEAR))[: int(part * len(CLEAR))]
        values[:, shuffled] = values[draw.permutation(PHOTOS)][:, shuffled]
        has = choose_words(values, concepts).word[:, 0] >= 0
        wrong.append(has[shuffled].sum() / max(1, has.sum()))
        assert has.sum() >= (1 - part) * len(CLEAR)
    assert np.mean(wrong) <= 0.05
