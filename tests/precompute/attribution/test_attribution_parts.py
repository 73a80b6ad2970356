"""What is made of answers: groups, sums over photos, channels' examples, which photos."""

import numpy as np
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.attribution.attribution_selection import (
    choose_classes,
    choose_photos,
)
from diamond_cutter.precompute.attribution.channel_examples import Seen, find_channels
from diamond_cutter.precompute.attribution.class_attribution import (
    own_classes,
    sum_class_attribution,
)
from diamond_cutter.precompute.attribution.class_explanation import choose_few
from diamond_cutter.precompute.attribution.neuron_groups import attribute, factorize
from diamond_cutter.precompute.attribution.shortcut_check import find_shortcuts


def test_groups_find_what_is_active_together() -> None:
    where = np.zeros((36, 2), np.float32)
    where[:6, 0], where[20:, 1] = 1, 0.9
    direction = np.array([[4, 0, 2, 0], [0, 3, 0, 1]], np.float32)
    activation = where @ direction
    found, ways = factorize(activation - 0.01, 2)
    np.testing.assert_allclose(found @ ways, activation, atol=0.1)
    assert found.max(axis=0).tolist() == [1, 1]
    assert found[:, 0].argmax() >= 20  # the larger group first
    attribution = np.stack([2 * activation, activation * [0, -1, 0, 0]])
    values = attribute(found, ways, activation, attribution)
    np.testing.assert_allclose(values.sum(axis=1), attribution.sum((1, 2)), rtol=0.03)
    again = factorize(activation - 0.01, 2)
    np.testing.assert_array_equal(found, again[0])


def test_groups_of_nothing_are_nothing() -> None:
    for shape, groups in (((9, 5), 0), ((9, 5), 3), ((2, 5), 4)):
        where, direction = factorize(-np.ones(shape, np.float32), groups)
        assert where.shape == (shape[0], groups)
        assert direction.shape == (groups, shape[1])
        assert not where.any()
    where, _ = factorize(np.ones((2, 5), np.float32), 4)
    assert np.isfinite(where).all()


def test_sums_are_over_the_photos_of_a_class_and_of_pairs_that_are_known() -> None:
    target = np.array(
        [
            [[0, 1], [0, -1], [1, -1], [-1, -1]],
            [[0, 1], [0, -1], [1, -1], [-1, -1]],
            [[2, 1], [2, -1], [1, -1], [2, 0]],
        ],
        np.int32,
    )
    channel = np.arange(3 * 4 * 2, dtype=np.float32).reshape(3, 4, 2) ** 2
    heatmap = channel[..., None]
    labels = np.array([0, 0, 1])
    sums = sum_class_attribution(target, channel, heatmap, own_classes(target, labels))
    rows = {tuple(pair): row for row, pair in enumerate(sums.target.tolist())}
    assert list(rows) == [(-1, -1), (0, -1), (1, -1), (0, 1), (1, 2)]
    assert sums.photos.tolist() == [3, 2, 1, 2, 1]
    np.testing.assert_allclose(sums.mean[rows[0, -1]], channel[:2, 1].mean(axis=0))
    np.testing.assert_allclose(sums.spread[rows[0, -1]], channel[:2, 1].std(axis=0))
    np.testing.assert_allclose(
        sums.mean[rows[0, 1]], (channel[:2, 1] - channel[:2, 2]).mean(axis=0)
    )
    np.testing.assert_allclose(sums.mean[rows[1, 2]], channel[2, 2] - channel[2, 1])
    np.testing.assert_allclose(
        sums.quantile[rows[-1, -1]][2], np.median(channel[[0, 1, 2], [1, 1, 2]], axis=0)
    )
    assert own_classes(target, np.full(3, -1)).tolist() == [0, 0, 2]


def test_channels_name_the_photos_that_activate_them_no_two_alike() -> None:
    generator = np.random.default_rng(0)
    count = 30
    label = np.repeat([0, 1], 15)
    peak = generator.random((count, 2)).astype(np.float32)
    peak[:, 0] += label
    peak[7, 1], peak[8, 1] = 9, 8
    group = np.arange(count, dtype=np.int32)
    group[8] = 7  # a near duplicate
    place = np.full((count, 2), 5 * 14 + 13, np.int32)
    place[7, 1] = 0
    seen = Seen(
        mean=peak / 2,
        square=peak**2,
        zero=np.full((count, 2), 0.25, np.float32),
        peak=peak,
        place=place,
        matter=-peak,
        photo=np.arange(100, 100 + count, dtype=np.int32),
        group=group,
        label=label,
        height=14,
        width=14,
    )
    found = find_channels(seen, [0, 1], 224, 51)
    assert found.example_photo[1, 0] == 107
    assert 108 not in found.example_photo[1]
    assert found.example_value[1, 0] == 9
    assert found.hardly_photo[1, 0] == 100 + peak[:, 1].argmin()
    assert found.example_box[1, 0].tolist() == [0, 0, 34, 34]
    assert found.example_box[0, 0].tolist() == [190, 62, 224, 114]
    assert found.example_place[0, 0].tolist() == [5, 13]
    assert found.matter_value[1, 0] == -9
    assert found.selectivity[0] > 0.6 > 0.4 > found.selectivity[1]
    np.testing.assert_allclose(found.class_mean[1], peak[15:].mean(axis=0) / 2, rtol=1e-5)
    whole = find_channels(seen, [0, 1], 224, None)
    assert whole.example_box[0, 0].tolist() == [0, 0, 224, 224]


def test_a_count_of_photos_is_dealt_out_over_the_classes() -> None:
    label = np.repeat([0, 1, 2], [50, 6, 44]).astype(np.int32)
    fold = (np.arange(100) % 5).astype(np.int32)
    fold[::10] = -1
    chosen = choose_photos(label, fold, "24", seed=3)
    assert len(chosen) == 24
    assert (np.diff(chosen) > 0).all()
    assert (fold[chosen] >= 0).all()
    assert np.bincount(label[chosen]).tolist() in ([10, 5, 9], [9, 5, 10])
    assert chosen.tolist() == choose_photos(label, fold, "24", seed=3).tolist()
    assert len(choose_photos(label, fold, "all", seed=3)) == 90
    for wrong in ("some", "0", "-3"):
        with pytest.raises(UserError, match=f'"all" or a count, 1 or more, got {wrong!r}'):
            choose_photos(label, fold, wrong, seed=3)


def make_heatmaps(spot: tuple[slice, slice] | None, share: float) -> np.ndarray:
    """60 heatmaps of three classes, soft blobs; of the second a share of photos has a spot."""
    generator = np.random.default_rng(1)
    y, x = np.mgrid[:14, :14]
    maps = []
    for photo in range(60):
        middle = generator.normal(6.5, 2, 2)
        blob = np.exp(-((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / 18)
        noisy = blob + generator.normal(0, 0.3, blob.shape)
        if spot and photo % 3 == 1 and generator.random() < share:
            noisy[spot] += 4
        maps.append(noisy)
    return np.array(maps, np.float32)


@pytest.mark.parametrize(
    ("spot", "share", "expected"),
    [
        (None, 0, []),
        ((slice(0, 3), slice(0, 3)), 0.8, ["place"]),
        ((slice(5, 8), slice(9, 12)), 0.8, ["place"]),
        ((slice(5, 8), slice(9, 12)), 0.1, []),
    ],
)
def test_a_mark_is_warned_of_and_things_are_not(
    spot: tuple[slice, slice] | None, share: float, expected: list[str]
) -> None:
    heatmap = make_heatmaps(spot, share)
    own, photo = np.arange(60) % 3, np.arange(200, 260, dtype=np.int32)
    found = find_shortcuts(heatmap, own, photo, ["a", "b", "c"], "layer")
    assert [each.kind for each in found] == expected
    if spot and found:
        assert found[0].label == 1
        assert set(found[0].cells) >= {(spot[0].start + 1, spot[1].start + 1)}
        assert all((each - 200) % 3 == 1 for each in found[0].photos)
        assert "of what speaks for b lies at one place" in found[0].sentence


def test_the_worst_and_the_surest_photos_get_pictures_of_their_groups() -> None:
    own = np.repeat(np.arange(6), 5)
    logit = np.eye(6, dtype=np.float32)[own] * (1 + np.arange(30, dtype=np.float32))[:, None]
    logit[[7, 8, 21], 0] = 100, 90, 80  # mistakes, two of them of one class
    chosen = choose_few(logit, own, 8)
    assert len(chosen) == 8
    assert {7, 21, 29, 19, 14} <= set(chosen)
    assert 8 not in chosen
    assert choose_few(logit[:2], own[:2], 8) == [0, 1]
    assert choose_few(logit, own, 0) == []
    assert len(choose_few(logit, own, 25)) == 25
    assert choose_few(logit, own, None) == list(range(30))


def test_the_classes_most_often_confused_get_pictures() -> None:
    own = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 4])
    taken = np.array([0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 1])
    logit = np.zeros((11, 6), np.float32)
    logit[np.arange(11), taken] = 1
    # 1 is confused twice, once with 2 and once with 4; of 0 and 3 there are as many photos.
    assert choose_classes(logit, own, "1") == [1]
    assert choose_classes(logit, own, "3") == [1, 2, 4]
    assert choose_classes(logit, own, "4") == [0, 1, 2, 4]
    assert choose_classes(logit, own, "all") == choose_classes(logit, own, "24") == [0, 1, 2, 3, 4]
    assert choose_classes(logit, own, "0") == []
    with pytest.raises(UserError, match='pictured_classes: expected "all" or a count'):
        choose_classes(logit, own, "few")
