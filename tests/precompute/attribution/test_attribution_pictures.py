"""What the pictures of classes and groups ask for, and which of them are missing."""

import numpy as np
import pytest
from sample_question import make_head

from diamond_cutter.precompute.attribution.case import Case
from diamond_cutter.precompute.attribution.class_groups import MOST_PHOTOS, members
from diamond_cutter.precompute.attribution.class_pictures import (
    BATCH,
    of_classes,
    of_groups,
    picture_units,
)
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.backbones.natural_statistics import natural_statistics
from diamond_cutter.precompute.contract.attribution import ClassGroups

CUT, CHANNELS, CLASSES = "block5c_add", 112, 6


def make_case(backbone: Backbone, pooling: str = "average", hidden: int = 0) -> Case:
    head = make_head(CHANNELS * (2 if pooling == "both" else 1), CLASSES, hidden)
    names = [f"class {k}" for k in range(CLASSES)]
    return Case(backbone, [backbone.layer(CUT)], [head], head, names, pooling)


def test_a_class_is_asked_for_as_its_logit_and_as_its_weights_against_the_others(
    backbone: Backbone,
) -> None:
    case = make_case(backbone)
    logit, way = of_classes(case, [4, 1], 2)
    weight, bias = case.whole[0]
    assert [unit.name for unit in logit.units] == ["class 4 class 4"] * 2 + ["class 1 class 1"] * 2
    np.testing.assert_array_equal(logit.units[2].weights, weight[:, 1])
    assert logit.units[0].bias == pytest.approx(float(bias[4]))
    known = natural_statistics(backbone, CUT)
    assert known is not None
    expected = (weight[:, 1] - weight.mean(axis=1)) * known[1]
    np.testing.assert_allclose(
        way.units[2].weights, expected / np.linalg.norm(expected), rtol=1e-4, atol=1e-6
    )
    assert len({*logit.keys, *way.keys}) == 8
    again = of_classes(case, [4, 1], 2)
    assert (again[0].keys, again[1].keys) == (logit.keys, way.keys)
    other = make_case(backbone)
    other.whole[0][0][:, 1] += 1
    changed, _ = of_classes(other, [4, 1], 2)
    assert changed.keys[:2] == logit.keys[:2]
    assert set(changed.keys[2:]).isdisjoint(logit.keys)


def test_heads_on_maxima_have_directions_alone_and_hidden_layers_nothing(
    backbone: Backbone,
) -> None:
    logit, way = of_classes(make_case(backbone, "both"), [0], 1)
    assert (len(logit.units), len(way.units)) == (0, 1)
    assert way.units[0].weights.shape == (CHANNELS,)
    for count, hidden in ((1, 5), (0, 0)):
        nothing = of_classes(make_case(backbone, hidden=hidden), [0], count)
        assert [len(each.units) for each in nothing] == [0, 0]


def test_only_missing_pictures_are_made_in_batches(backbone: Backbone) -> None:
    case = make_case(backbone)
    empty = np.zeros((2, 1, 5, 14, 14), np.float32)
    direction = np.random.default_rng(0).random((2, 5, CHANNELS)).astype(np.float32)
    direction[1, 4] = 0  # a group that was not found
    photo, picture = np.zeros((2, 1), np.int32), np.zeros((2, 5, 0, 0, 3), np.uint8)
    labels = np.array([3, 5], np.int32)
    groups = ClassGroups(labels, photo, empty, direction, np.zeros((2, 5), np.float32), picture)
    wanted = of_groups(case, groups)
    assert len(wanted.units) == 10
    assert all(np.linalg.norm(unit.weights) == pytest.approx(1) for unit in wanted.units)
    there = set(wanted.keys[:1])
    units = picture_units(case, wanted, there, depth=0, study="s", shelf="x", seed=0)
    assert [len(unit.units) for unit in units] == [BATCH, 1]
    assert [key for unit in units for key in unit.keys] == wanted.keys[1:]
    assert units[0].place == (backbone.name, CUT, "channel")


def test_the_photos_of_a_class_are_spread_over_it_and_those_of_a_head_stand_together() -> None:
    own = [0] * 30 + [2] * 3
    heads = [row % 4 for row in range(33)]
    found = dict(members(own, heads))
    assert list(found) == [0, 2]
    assert len(found[0]) == MOST_PHOTOS
    assert max(found[0]) >= 20
    assert sorted(found[2]) == [30, 31, 32]
    for rows in found.values():
        assert [heads[row] for row in rows] == sorted(heads[row] for row in rows)
