"""How photos are dealt to trials, and what an observer's answers come to."""

import numpy as np
import pytest

from diamond_cutter.precompute.atlas.evidence.evidence_measurement import judge, pooled
from diamond_cutter.precompute.atlas.evidence.evidence_trials import deal, interval, share_right
from diamond_cutter.precompute.stores.atlas.activation_statistics import PhotoValues
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence

PHOTOS, CHANNELS = 300, 24
SIDE, CELLS = 32, 4
FEATURES = 200


def test_no_photo_is_in_two_places_and_weak_ones_are_of_the_lower_half() -> None:
    values = np.random.default_rng(0).normal(size=(PHOTOS, CHANNELS))
    trials = deal(values)
    assert (trials.shown.shape, trials.strong.shape) == ((CHANNELS, 9), (CHANNELS, 40))
    for channel in range(CHANNELS):
        rank = np.argsort(np.argsort(-values[:, channel]))
        assert rank[trials.shown[channel]].tolist() == list(range(0, 18, 2))
        assert rank[trials.strong[channel]].tolist() == list(range(1, 80, 2))
        assert rank[trials.weak[channel]].min() >= PHOTOS // 2
        used = np.concatenate([trials.shown[channel], trials.strong[channel], trials.weak[channel]])
        assert len(set(used.tolist())) == 9 + 40 + 40


def test_of_few_photos_there_are_fewer_trials() -> None:
    assert deal(np.random.default_rng(0).normal(size=(60, 2))).weak.shape == (2, 10)


def test_the_one_that_is_more_like_what_is_shown_is_picked_and_a_tie_counts_half() -> None:
    shown = np.array([1, 0], np.float32)
    strong = np.array([[0.9, 0], [0.1, 0], [0.3, 1], [0.5, 0]], np.float32)
    weak = np.array([[0.1, 9], [0.9, 0], [0.3, 0], [0.4, 0]], np.float32)
    assert share_right(shown, strong, weak) == 2.5 / 4


def test_the_interval_is_that_of_wilson() -> None:
    found = interval(np.array([0.875, 1.0, np.nan]), 40)
    assert found[0] == pytest.approx([0.7389, 0.9454], abs=2e-4)  # R: prop.test, no correction
    assert found[1] == pytest.approx([0.9124, 1.0], abs=2e-4)
    assert np.isnan(found[2]).all()


def test_a_crop_is_the_mean_of_its_cells_as_far_as_they_lie_inside() -> None:
    maps = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    assert pooled(maps, np.array([[0, 0, 32, 32]]), 32)[0, 0] == pytest.approx(7.5)
    assert pooled(maps, np.array([[8, 16, 16, 24]]), 32)[0, 0] == pytest.approx(9)
    # half of column 1 and all of column 2, in row 0
    assert pooled(maps, np.array([[12, 0, 24, 8]]), 32)[0, 0] == pytest.approx((0.5 + 2) / 1.5)


def judged(order: np.ndarray | None = None, noise: float = 1.0) -> Evidence:
    """The evidence of channels that answer to one feature each, at a place of each photo.

    order: whose picture each channel is shown; noise: of the observer.
    """
    draw = np.random.default_rng(1)
    maps = draw.normal(0, noise, (PHOTOS, CELLS, CELLS, FEATURES))
    value = draw.normal(size=(PHOTOS, CHANNELS))
    place = draw.integers(0, CELLS**2, (PHOTOS, CHANNELS))
    for channel in range(CHANNELS):
        rows, columns = np.divmod(place[:, channel], CELLS)
        maps[np.arange(PHOTOS), rows, columns, channel] += 2 * value[:, channel]
    pictures = (
        np.eye(CHANNELS, FEATURES, dtype=np.float32) + 5
    )  # what all have in common says nothing
    photos = PhotoValues(value.astype(np.float16), place.astype(np.uint16), (CELLS, CELLS))
    shown = pictures if order is None else pictures[order]
    return judge(
        [maps.astype(np.float16)], [shown], np.ones(CHANNELS, np.uint8), photos, SIDE, 8, "seer"
    )


def test_pictures_and_crops_are_matched_where_the_observer_sees_what_the_channel_sees() -> None:
    found = judged()
    assert (found.observer, found.trials) == ("seer", 40)
    assert found.picture.mean() > 0.9
    assert found.crops.mean() > 0.8
    assert found.is_better_than_chance.all()


def test_shuffled_pictures_are_matched_by_chance_and_crops_as_before() -> None:
    found = judged(np.roll(np.arange(CHANNELS), 5))
    assert found.picture.mean() == pytest.approx(0.5, abs=0.06)  # of 960 trials
    np.testing.assert_array_equal(found.crops, judged().crops)


def test_a_false_picture_among_true_ones_is_caught_while_its_crops_keep_their_share() -> None:
    order = np.arange(CHANNELS)
    order[3] = 7  # leads to what another channel answers to
    found, true = judged(order), judged()
    assert found.picture[3] < 0.65 < true.picture[3]
    assert found.crops[3] == true.crops[3]
    assert not found.is_better_than_chance[3]
    assert true.is_better_than_chance[3]
