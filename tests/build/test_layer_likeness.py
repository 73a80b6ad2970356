"""How alike channels are: against numpy, against chance, and which layers are compared."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray
from sample_likeness import DEAD, LIKE, SHIFT, first_values, signal, stem_values, write_values
from scipy.stats import norm

from diamond_cutter.build.layer_likeness import ComparedLayers, LikenessSearch
from diamond_cutter.build.photo_likeness import (
    DRAWS,
    STRONGEST,
    chance,
    find_likeness,
)
from diamond_cutter.build.rendered_atlas import RenderedLayer, read_atlas
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import normalised


def correlations(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """By numpy, (C, D)."""
    return np.corrcoef(ours, theirs, rowvar=False)[: ours.shape[1], ours.shape[1] :]


def compared_with(atlas: str, path: str) -> tuple[LikenessSearch, ComparedLayers | None]:
    models = read_atlas(atlas).models
    search = LikenessSearch(models)
    layers = {layer.path: (model, layer) for model in models for layer in model.rendered}
    return search, search.layers(*layers[f"models/{path}/"])


def names(layers: "tuple[RenderedLayer, ...]") -> list[str]:
    return [f"{layer.model}/{layer.layer.name}" for layer in layers]


def test_the_most_alike_are_those_of_the_highest_correlation() -> None:
    random = np.random.default_rng(7)
    ours = random.normal(3, 5, (150, 9))
    theirs = random.gamma(1, 2, (150, 7)) + ours[:, [1, 1, 0, 5, 8, 8, 3]]
    r = correlations(ours, theirs)
    found = find_likeness(normalised(ours), normalised(theirs))
    assert found.channel.tolist() == np.argsort(-r, axis=1)[:, :STRONGEST].tolist()
    assert found.r == pytest.approx(-np.sort(-r, axis=1)[:, :STRONGEST], abs=1e-5)
    assert found.back.tolist() == r.argmax(axis=0).tolist()
    assert found.back_r == pytest.approx(r.max(axis=0), abs=1e-5)
    expected = [r[c].max() > found.chance and r[:, r[c].argmax()].argmax() == c for c in range(9)]
    assert found.is_mutual.tolist() == expected
    assert 3 <= sum(expected) < 9


def test_no_channel_is_its_own_likeness() -> None:
    values = normalised(np.random.default_rng(1).normal(size=(120, 6)))
    found = find_likeness(values, values, is_itself=True)
    assert (found.channel[:, 0] != np.arange(6)).all()
    assert found.r.max() < 0.5


def test_chance_is_what_the_best_of_shuffled_photos_reaches() -> None:
    random = np.random.default_rng(2)
    ours, theirs = (normalised(random.normal(size=(400, count))) for count in (50, 600))
    drawn = [
        max(np.corrcoef(ours[:, c], theirs[random.permutation(400)], rowvar=False)[0, 1:])
        for c in range(50)
    ]
    found = chance(ours, theirs)
    assert max(drawn) * 0.9 < found < max(drawn) * 1.35
    # One of as many correlations of nothing is as high, each normal with a deviation of 1 / 20.
    assert found == pytest.approx(norm.isf(1 / (DRAWS * 600)) / 20, abs=0.03)
    assert chance(ours, theirs) == found
    assert chance(ours, theirs[:, :5]) < found


def test_what_is_alike_by_nothing_is_hardly_ever_above_chance() -> None:
    random = np.random.default_rng(3)
    ours, theirs = (normalised(random.standard_t(4, (200, 300))) for _ in range(2))
    found = find_likeness(ours, theirs)
    assert (found.r[:, 0] > found.chance).mean() <= 0.01


def test_a_channel_that_never_changes_is_like_nothing() -> None:
    values = np.random.default_rng(4).normal(size=(110, 4))
    values[:, 1] = 7
    found = find_likeness(normalised(values), normalised(values))
    assert found.r[1].tolist() == [0, 0, 0, 0]
    assert found.is_mutual.tolist() == [True, False, True, True]
    dead = normalised(np.ones((110, 3)))
    assert find_likeness(dead, dead, is_itself=True).chance == 0
    assert not find_likeness(dead, normalised(values)).is_mutual.any()


def test_a_layer_is_compared_with_cuts_beside_it_and_of_like_depth(likeness_atlas: str) -> None:
    _, compared = compared_with(likeness_atlas, "tiny-net/stem")
    assert compared is not None
    assert names(compared.others) == ["tiny-net/block1", "near-net/first", "near-net/second"]
    assert (compared.photos, compared.unlike) == (250, ("far-net",))
    _, compared = compared_with(likeness_atlas, "near-net/second")
    assert compared is not None
    assert names(compared.others) == ["near-net/first", "tiny-net/block1", "tiny-net/stem"]
    _, compared = compared_with(likeness_atlas, "tiny-net/head")
    assert compared is None


def test_those_nearest_in_relative_depth_are_three(
    likeness_atlas: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diamond_cutter.build.layer_likeness.NEAREST", 1)
    for ours, theirs in (("first", "stem"), ("second", "block1")):
        _, compared = compared_with(likeness_atlas, f"near-net/{ours}")
        assert compared is not None
        assert names(compared.of_model("tiny-net")) == [f"tiny-net/{theirs}"]


def test_channels_made_alike_are_found_and_no_others(likeness_atlas: str) -> None:
    search, compared = compared_with(likeness_atlas, "tiny-net/stem")
    likeness = search.find(compared)
    assert likeness is not None
    found = likeness.others["models/near-net/first/"]
    alike = found.r[:, 0] > found.chance
    assert np.flatnonzero(alike).tolist() == list(range(SHIFT, SHIFT + LIKE))
    assert found.channel[alike, 0].tolist() == list(range(LIKE))
    r = correlations(stem_values()[:, SHIFT:], first_values())
    assert found.r[SHIFT, 0] == pytest.approx(r[0, 0], abs=2e-3)
    block = likeness.others["models/tiny-net/block1/"]
    expected = [c for c in range(20) if c != DEAD]
    assert block.channel[expected, 0].tolist() == expected
    assert likeness.chance == max(each.chance for each in likeness.others.values())


def test_what_a_layer_is_compared_by_tells_when_it_changes(
    tmp_path: Path, likeness_atlas: str
) -> None:
    atlas = str(shutil.copytree(likeness_atlas, tmp_path / "atlas.zarr"))

    def contents() -> list[tuple[str, bytes]]:
        search, compared = compared_with(atlas, "tiny-net/stem")
        return list(search.contents(compared))

    before = contents()
    assert contents() == before
    group = zarr.open_group(atlas, mode="r+")
    write_values(group["near-net/second"], group["tiny-net/block1"], signal(30, 1.0, 6))
    after = contents()
    assert [name for name, _ in after] == [name for name, _ in before]
    changed = [now[0] for was, now in zip(before, after, strict=True) if was != now]
    assert changed == ["likeness models/near-net/second/"]


def test_few_photos_tell_nothing(tmp_path: Path, likeness_atlas: str) -> None:
    atlas = str(shutil.copytree(likeness_atlas, tmp_path / "atlas.zarr"))
    group = zarr.open_group(atlas, mode="r+")
    write_values(group["tiny-net/stem"], group["tiny-net/block1"], stem_values()[:99])
    search, compared = compared_with(atlas, "tiny-net/stem")
    assert compared is not None
    assert (compared.photos, compared.others) == (99, ())
    likeness = search.find(compared)
    assert likeness is not None
    assert (likeness.within, likeness.others, likeness.chance) == (None, {}, 0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_none_are_refused(
    tmp_path: Path, likeness_atlas: str, value: float
) -> None:
    atlas = str(shutil.copytree(likeness_atlas, tmp_path / "atlas.zarr"))
    zarr.open_group(atlas, mode="r+")["tiny-net/stem/natural/photo_value"][3, 4] = value
    search, compared = compared_with(atlas, "tiny-net/stem")
    with pytest.raises(UserError, match=r"tiny-net/stem/natural: expected finite values") as caught:
        list(search.contents(compared))
    assert "\n" not in str(caught.value)
