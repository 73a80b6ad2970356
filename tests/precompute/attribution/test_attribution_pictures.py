"""What the pictures of classes and groups ask for, and which of them are missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_attributor import SIZE, make_head

from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.attribution.attributor import Attributor
from diamond_cutter.precompute.attribution.class_groups import MOST_PHOTOS, members
from diamond_cutter.precompute.attribution.class_pictures import (
    BATCH,
    of_classes,
    of_directions,
    of_groups,
    picture_tasks,
)
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.model_export import write_backbone
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.batch_statistics import natural_statistics
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.sample_statistics import sample_crops
from diamond_cutter.precompute.rendering.target_readings import asked, reading
from diamond_cutter.precompute.rendering.targets import Family
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model
from diamond_cutter.precompute.stores.attribution.attribution_layout import ClassGroups

CUT, CHANNELS, CLASSES = "block5c_add", 112, 6


def make_case(backbone: Backbone, pooling: str = "average", hidden: int = 0) -> CutToExplain:
    head = make_head(CHANNELS * (2 if pooling == "both" else 1), CLASSES, hidden)
    names = [f"class {k}" for k in range(CLASSES)]
    return CutToExplain(backbone, [backbone.layer(CUT)], [head], head, names, pooling)


def test_a_class_is_asked_for_as_its_logit_and_as_its_weights_against_the_others(
    backbone: Backbone,
) -> None:
    to_explain = make_case(backbone)
    logit, way = of_classes(to_explain, [4, 1], 2)
    weight, bias = to_explain.whole[0]
    assert [target.name for target in logit.targets] == ["class 4 class 4"] * 2 + [
        "class 1 class 1"
    ] * 2
    np.testing.assert_array_equal(logit.targets[2].weights, weight[:, 1])
    assert logit.targets[0].bias == pytest.approx(float(bias[4]))
    known = natural_statistics(backbone, CUT)
    assert known is not None
    expected = (weight[:, 1] - weight.mean(axis=1)) * known[1]
    np.testing.assert_allclose(
        way.targets[2].weights, expected / np.linalg.norm(expected), rtol=1e-4, atol=1e-6
    )
    assert len({*logit.keys, *way.keys}) == 8
    again = of_classes(to_explain, [4, 1], 2)
    assert (again[0].keys, again[1].keys) == (logit.keys, way.keys)
    other = make_case(backbone)
    other.whole[0][0][:, 1] += 1
    changed, _ = of_classes(other, [4, 1], 2)
    assert changed.keys[:2] == logit.keys[:2]
    assert set(changed.keys[2:]).isdisjoint(logit.keys)


def test_another_seed_has_other_pictures(backbone: Backbone) -> None:
    first, second = (replace(make_case(backbone), seed=seed) for seed in (0, 1))
    directions = np.random.default_rng(0).random((1, 5, CHANNELS)).astype(np.float32)
    for before, after in (
        *zip(of_classes(first, [4, 1], 2), of_classes(second, [4, 1], 2), strict=True),
        (of_directions(first, ["of a"], directions), of_directions(second, ["of a"], directions)),
    ):
        assert set(before.keys).isdisjoint(after.keys)
        [target, *_] = picture_tasks(
            second, after, set(before.keys), depth=0, study="s", namespace="x"
        )
        assert (target.seed, target.keys) == (1, tuple(after.keys))


def test_a_head_is_rendered_through_all_that_it_is(backbone: Backbone) -> None:
    to_explain = make_case(backbone, "both", hidden=5)
    logit, way = of_classes(to_explain, [0, 3], 1)
    (first, _), (last, bias) = to_explain.whole
    assert logit.hidden is not None
    assert logit.hidden.pooling == "both"
    np.testing.assert_array_equal(logit.targets[1].weights, last[:, 3])
    assert logit.targets[1].bias == pytest.approx(float(bias[3]))
    known = natural_statistics(backbone, CUT)
    assert known is not None
    through = (first[:CHANNELS] + first[CHANNELS:]) @ last
    expected = (through[:, 3] - through.mean(axis=1)) * known[1]
    np.testing.assert_allclose(
        way.targets[1].weights, expected / np.linalg.norm(expected), rtol=1e-3, atol=1e-5
    )
    assert of_classes(make_case(backbone), [0], 1)[0].hidden is None
    assert [len(each.targets) for each in of_classes(to_explain, [0], 0)] == [0, 0]
    to_explain.whole[0][0][0, 0] += 1  # another hidden layer, another picture
    assert set(of_classes(to_explain, [0, 3], 1)[0].keys).isdisjoint(logit.keys)


@pytest.mark.parametrize("frozen", [False, True])
def test_directions_at_a_layer_without_a_norm_are_in_the_units_that_rendering_reads(
    tmp_path: Path, *, frozen: bool
) -> None:
    image = keras.Input((32, 32, 3), name="image")
    convolution = keras.layers.Conv2D(3, 1, activation="relu", name="block1_conv")
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(convolution(image))
    model = keras.Model(image, keras.layers.Dense(2, name="logits")(pooled))
    convolution.set_weights([np.diag([1.0, 20.0, 5.0]).reshape(1, 1, 3, 3), np.ones(3)])
    info = Model("plain", "random", "Plain", 32, None, None, None)
    plain = Backbone.of(model, info, ("a", "b"))
    if frozen:
        write_backbone(plain, None, tmp_path / "plain.modelzoo")
        plain = UserModelEntry("plain", ModelSettings(file=str(tmp_path / "plain.modelzoo"))).load()
    head = [(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))]
    layer = next(layer for layer in plain.layers if layer.channels == 3)
    to_explain = CutToExplain(plain, [layer], [head], head, ["r", "g", "b"], "average")
    spread = (sample_crops() / 255).std((0, 1, 2)) * [1, 20, 5]
    _, way = of_classes(to_explain, [1], 1)
    expected = (np.eye(3)[1] - 1 / 3) * spread
    np.testing.assert_allclose(
        way.targets[0].weights, expected / np.linalg.norm(expected), rtol=1e-3
    )
    group = of_directions(to_explain, ["of r"], np.ones((1, 1, 3), np.float32))
    np.testing.assert_allclose(group.targets[0].weights, spread / np.linalg.norm(spread), rtol=1e-3)


@pytest.mark.parametrize(("pooling", "hidden"), [("maximum", 0), ("average", 5), ("both", 5)])
def test_what_is_rendered_is_the_logit_of_the_head(
    backbone: Backbone, pooling: str, hidden: int
) -> None:
    to_explain = make_case(backbone, pooling, hidden)
    wanted, _ = of_classes(to_explain, [0, 2], 1)
    read = reading(backbone, backbone.layer(CUT), Family.LOGIT, wanted.hidden)
    image = np.random.default_rng(0).random((2, SIZE, SIZE, 3)).astype(np.float32)
    output = read.network(image)
    cells = np.full((2, *output.shape[1:3]), 1 / (output.shape[1] * output.shape[2]), np.float32)
    seen = read.see(output, asked(wanted.targets), cells)
    logits, _ = Attributor(backbone, [CUT], pooling).ask(image, np.full(2, -1), to_explain.whole)
    np.testing.assert_allclose(np.asarray(seen.value), [logits[0, 0], logits[1, 2]], rtol=1e-3)


def test_only_missing_pictures_are_made_in_batches(backbone: Backbone) -> None:
    to_explain = make_case(backbone)
    empty = np.zeros((2, 1, 5, 14, 14), np.float32)
    direction = np.random.default_rng(0).random((2, 5, CHANNELS)).astype(np.float32)
    direction[1, 4] = 0  # a group that was not found
    photo, picture = np.zeros((2, 1), np.int32), np.zeros((2, 5, 0, 0, 3), np.uint8)
    labels = np.array([3, 5], np.int32)
    groups = ClassGroups(labels, photo, empty, direction, np.zeros((2, 5), np.float32), picture)
    wanted = of_groups(to_explain, groups, np.ones(len(groups.label), np.bool_))
    assert len(wanted.targets) == 10
    assert all(np.linalg.norm(target.weights) == pytest.approx(1) for target in wanted.targets)
    there = set(wanted.keys[:1])
    tasks = picture_tasks(to_explain, wanted, there, depth=0, study="s", namespace="x")
    assert [len(task.targets) for task in tasks] == [BATCH, 1]
    assert [key for task in tasks for key in task.keys] == wanted.keys[1:]
    assert tasks[0].group == (backbone.name, "channel", CUT)


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
