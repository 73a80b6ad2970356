"""Warnings of attribution at one place: found where there is one, and nowhere else."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.shortcut_check import find_shortcuts, join_layers
from diamond_cutter.precompute.stores.attribution.attribution_layout import Shortcut

EACH, SIDE, NAMES = 24, 14, ["a", "b", "c"]
OWN = np.repeat(np.arange(3), EACH)


def make_heatmaps(seed: int = 0) -> NDArray[np.float32]:
    """A thing near the middle of each photo, somewhere else in each, and a little everywhere."""
    generator = np.random.default_rng(seed)
    heatmap = generator.gamma(0.5, 0.02, (3 * EACH, SIDE, SIDE)).astype(np.float32)
    for each in heatmap:
        top, left = generator.integers(2, SIDE - 6, 2)
        each[top : top + 4, left : left + 4] += generator.gamma(1, 0.1, (4, 4))
    return heatmap


def find(heatmap: NDArray[np.float32]) -> list[Shortcut]:
    return find_shortcuts(heatmap, OWN, np.arange(len(heatmap)), NAMES, "layer")


def test_things_in_different_places_are_no_shortcut() -> None:
    for seed in range(20):
        assert find(make_heatmaps(seed)) == []


def test_a_small_spot_on_most_photos_is_told_though_the_thing_has_more() -> None:
    heatmap = make_heatmaps()
    for photo in np.flatnonzero(OWN == 1)[: int(0.8 * EACH)]:
        heatmap[photo, 1:3, 11:13] += 0.12 * heatmap[photo].sum() / 4
    (warning,) = find(heatmap)
    assert (warning.kind, warning.label, warning.layer) == ("place", 1, "layer")
    assert sorted(warning.cells) == [(1, 11), (1, 12), (2, 11), (2, 12)]
    assert 0.07 < warning.share < 0.15
    assert warning.usual < 0.03
    assert "of what speaks for b lies at one small place" in warning.sentence


def test_a_spot_on_a_few_photos_is_not_told() -> None:
    heatmap = make_heatmaps()
    for photo in np.flatnonzero(OWN == 1)[: EACH // 5]:
        heatmap[photo, 1:3, 11:13] += heatmap[photo].sum() / 4
    assert find(heatmap) == []


def test_of_each_class_the_deepest_layer_that_tells_is_kept() -> None:
    heatmap = make_heatmaps()
    heatmap[OWN == 2, 0, 0] += heatmap[OWN == 2].sum(axis=(1, 2)) / 4
    (told,) = find(heatmap)
    assert told.label == 2
    deeper = find_shortcuts(heatmap, OWN, np.arange(len(heatmap)), NAMES, "deeper")
    assert join_layers([[], deeper, [told]]) == deeper
    assert join_layers([[], []]) == []
