"""Whitened directions, held against NumPy's own inverse."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.main import main
from diamond_cutter.precompute.atlas.activation_moments import Moments
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.rendering.direction_whitening import (
    SHRINKAGE,
    stored_covariance,
    whiten,
)
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.rendering.requests.render_request import Request, resolve
from diamond_cutter.precompute.rendering.target_readings import natural_units
from diamond_cutter.precompute.stores.atlas import atlas_writer
from diamond_cutter.precompute.stores.atlas.activation_statistics import WIDEST
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.network import Network

SPREAD = np.array([0.5, 2, 7, 1], np.float32)


@pytest.fixture(scope="module")
def covariance() -> NDArray[np.float32]:
    """Of four correlated channels, raw targets; the last is the first again, but for noise."""
    values = np.random.default_rng(0).normal(size=(4, 400))
    values[3] = values[0] + 0.01 * values[3]
    return np.cov(values * SPREAD[:, None]).astype(np.float32)


def test_a_direction_becomes_what_the_inverse_covariance_makes_of_it(
    covariance: NDArray[np.float32],
) -> None:
    weights = np.random.default_rng(1).normal(size=(3, 4))
    natural = covariance.astype(np.float64) / np.outer(SPREAD, SPREAD)
    regular = natural + 0.2 * np.mean(np.diag(natural)) * np.eye(4)
    expected = weights @ np.linalg.inv(regular)
    np.testing.assert_allclose(whiten(weights, covariance, SPREAD, 0.2), expected, rtol=1e-5)
    np.testing.assert_allclose(whiten(weights[1], covariance, SPREAD, 0.2), expected[1], rtol=1e-5)


def test_channels_of_independent_natural_units_are_left_as_they_are() -> None:
    weights = np.array([1, -2, 0, 0.5], np.float32)
    made = whiten(weights, np.diag(SPREAD**2), SPREAD)
    np.testing.assert_allclose(made, weights / (1 + SHRINKAGE), rtol=1e-6)


def test_what_two_channels_share_counts_less_than_what_they_do_not(
    covariance: NDArray[np.float32],
) -> None:
    shared = whiten([1, 0, 0, 1], covariance, SPREAD, 0.1)
    apart = whiten([1, 0, 0, -1], covariance, SPREAD, 0.1)
    assert np.linalg.norm(apart) > 10 * np.linalg.norm(shared)


def test_shapes_that_do_not_fit_are_refused(covariance: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"expected 4 weights .* got weights \(3,\)"):
        whiten([1, 2, 3], covariance, SPREAD)
    with pytest.raises(ValueError, match=r"a covariance \(4, 4\)"):
        whiten([1, 2, 3], covariance, SPREAD[:3])


@pytest.fixture
def atlas(tmp_path: Path, tiny: Backbone) -> str:
    """The address of an atlas of `tiny`, with natural statistics of its first layer alone."""
    address = str(tmp_path / "atlas.zarr")
    model = atlas_writer.prepare_model(
        atlas_writer.create_atlas(address), tiny.info, tiny.layers, ""
    )
    draw = np.random.default_rng(2)
    values = (draw.normal(size=(6, 9, 9, 8)) @ draw.normal(size=(8, 8))).astype(np.float32)
    moments = Moments(8)
    moments.add(values, values.mean((1, 2)))
    recipe = atlas_writer.recipe_attributes(RECIPES["preview"])
    for layer in tiny.layers:
        group = atlas_writer.prepare_layer(model, layer, side=48, seed=0, recipe=recipe)
        if layer.channels == 8:
            atlas_writer.write_natural(group, *moments.finish(Photos("made up", "0f"), 48, 9))
    return address


def test_a_request_is_whitened_by_the_covariance_that_the_atlas_holds(
    tmp_path: Path, tiny: Backbone, atlas: str
) -> None:
    layer = tiny.layers[0]
    weights = np.random.default_rng(3).normal(size=(2, 8))
    np.save(tmp_path / "w.npy", weights)
    words = {"layer": layer.name, "direction": str(tmp_path / "w.npy")}
    plain = resolve(Request(**words), tiny).targets
    whitened = resolve(Request(**words, whiten=atlas), tiny).targets
    [(_, spread)] = natural_units(tiny, [layer])
    expected = whiten(weights, stored_covariance(atlas, Network("tiny", ""), layer), spread)
    for target, before, row in zip(whitened, plain, expected, strict=True):
        assert (target.name, target.key) == (before.name, before.key)
        np.testing.assert_allclose(target.weights, row / np.linalg.norm(row), rtol=1e-5)
        assert target.weights @ before.weights < 0.99


def test_without_statistics_it_is_said_what_makes_them(tiny: Backbone, atlas: str) -> None:
    with pytest.raises(
        UserError, match=r"got none; `diamond atlas --store .* --layers block2_relu"
    ):
        stored_covariance(atlas, Network("tiny", ""), tiny.layers[1])
    with pytest.raises(UserError, match="got none; `diamond atlas"):
        stored_covariance(atlas, Network("other", ""), tiny.layers[0])
    other = replace(tiny.layers[0], channels=7)
    with pytest.raises(UserError, match=r"of the 7 channels .* got one of \(8, 8\)"):
        stored_covariance(atlas, Network("tiny", ""), other)
    wide = Layer("wide", 0, WIDEST + 1, 1, 1, True)
    with pytest.raises(UserError, match="expected a layer of at most 2048 channels"):
        stored_covariance(atlas, Network("tiny", ""), wide)
    zarr.open_group(atlas, mode="r+", path="tiny").attrs.update({"weights": "77" * 32})
    with pytest.raises(UserError, match="tiny with the weights that it has now, got those of"):
        stored_covariance(atlas, Network("tiny", "5d" * 32), tiny.layers[0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--channels", "3"], "--whiten: expected with --direction, got --channels"),
        (["--direction", "w.npy"], "`diamond atlas --store none.zarr` makes one"),
        (["--direction", "three.npy"], "three.npy: expected (32,) or (N, 32) finite weights"),
    ],
)
def test_the_command_says_in_one_line_why_it_cannot_whiten(
    words: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", np.ones(32))
    np.save("three.npy", np.ones(3))
    command = ["render", "efficientnet-lite0", "stem_activation", *words, "--whiten"]
    assert main([*command, "--store", "none.zarr", "-o", "out"]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert not Path("out").exists()
