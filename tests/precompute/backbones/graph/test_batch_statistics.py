import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.batch_statistics import natural_statistics
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model


@pytest.fixture(scope="module")
def photos() -> NDArray[np.float32]:
    names = ("astronaut", "chelsea", "coffee", "rocket", "retina", "immunohistochemistry")
    return np.stack([prepare(getattr(skimage.data, name)(), 224) for name in names])


@pytest.mark.parametrize(
    ("layer", "like_mean", "like_spread"),
    [
        ("stem_activation", 0.6, 0.8),
        ("block2a_activation", 0.9, 0.8),
        ("block2b_add", 0.7, 0.6),
        ("block4b_expand_activation", 0.9, 0.8),
        ("block5c_add", 0.6, 0.7),
        ("block7a_activation", 0.9, 0.6),
    ],
)
def test_photos_have_about_these_statistics(
    layer: str, like_mean: float, like_spread: float, lite0: Backbone, photos: NDArray[np.float32]
) -> None:
    known = natural_statistics(lite0, layer)
    assert known is not None
    mean, spread = known
    values = np.asarray(truncate(lite0, layer)(photos))
    seen_mean, seen_spread = values.mean((0, 1, 2)), values.std((0, 1, 2))
    alive = spread > 0.01 * spread.max()
    assert np.corrcoef(mean, seen_mean)[0, 1] > like_mean
    assert np.corrcoef(spread, seen_spread)[0, 1] > like_spread
    assert 0.7 < np.median(seen_spread[alive] / spread[alive]) < 1.3
    assert np.median(np.abs(seen_mean - mean)[alive] / spread[alive]) < 0.4


def test_norm_gives_its_shift_and_gain_and_sums_add_up(lite0: Backbone) -> None:
    parts = [lite0.model.get_layer(f"block2{block}_project_bn") for block in "ab"]
    known = natural_statistics(lite0, "block2b_add")
    assert known is not None
    mean, spread = known
    assert mean.dtype == spread.dtype == np.float32
    np.testing.assert_allclose(mean, sum(np.asarray(part.beta) for part in parts), atol=1e-6)
    np.testing.assert_allclose(
        spread, np.sqrt(sum(np.asarray(part.gamma) ** 2 for part in parts)), rtol=1e-3
    )


def test_one_for_each_channel_of_each_layer(lite0: Backbone) -> None:
    for layer in lite0.layers:
        known = natural_statistics(lite0, layer.name)
        assert known is not None
        assert all(values.shape == (layer.channels,) for values in known)
        assert all(np.isfinite(values).all() for values in known)
        assert known[1].min() >= 0


def test_a_norm_that_was_never_trained_remembers_nothing() -> None:
    image = keras.Input((None, None, 3), name="image")
    values = keras.layers.Conv2D(4, 3, name="block1_conv")(image)
    norm = keras.layers.BatchNormalization(name="block1_bn")
    model = keras.Model(image, norm(values))
    backbone = Backbone.of(model, Model("own", "own", "own", 32, None, None, None), ("a", "b"))
    assert natural_statistics(backbone, "block1_bn") is None
    norm.moving_variance.assign([1.0, 1.0, 0.9, 1.0])
    known = natural_statistics(backbone, "block1_bn")
    assert known is not None
    np.testing.assert_array_equal(known[0], np.zeros(4))


@pytest.fixture
def joined() -> Backbone:
    """Branches with norms, joined after their nonlinearities, and a norm that reads a sum."""
    layers = keras.layers
    image = keras.Input((None, None, 3), name="image")
    one, two = (
        layers.ReLU(name=f"{name}_relu")(
            layers.BatchNormalization(scale=False, name=f"{name}_bn")(
                layers.Conv2D(2, 1, name=f"{name}_conv")(image)
            )
        )
        for name in ("one", "two")
    )
    both = layers.Concatenate(name="both")([one, two])
    plain = layers.Conv2D(4, 1, name="plain")(both)
    added = layers.Add(name="added")([both, plain])
    value = layers.BatchNormalization(name="norm")(added)
    model = keras.Model(image, layers.ReLU(name="last")(value))
    backbone = Backbone.of(model, Model("own", "own", "own", 32, None, None, None), ("a", "b"))
    for name, first in (("one_bn", 1.0), ("two_bn", 3.0)):
        norm = model.get_layer(name)
        norm.beta.assign([first, first + 1])
        norm.moving_variance.assign([4.0, 9.0])
    return backbone


def test_joined_branches_have_their_moments_side_by_side(joined: Backbone) -> None:
    known = natural_statistics(joined, "both")
    assert known is not None
    np.testing.assert_array_equal(known[0], [1, 2, 3, 4])
    np.testing.assert_allclose(known[1], 1, atol=1e-3)


def test_branches_of_which_one_is_not_known_are_not(joined: Backbone) -> None:
    joined.model.get_layer("two_bn").moving_variance.assign([1.0, 1.0])
    assert natural_statistics(joined, "both") is None


def test_a_norm_tells_what_it_reads(joined: Backbone) -> None:
    assert natural_statistics(joined, "added") is None
    norm = joined.model.get_layer("norm")
    norm.moving_mean.assign([1.0, -1.0, 0.5, 0.0])
    norm.moving_variance.assign([4.0, 0.25, 1.0, 9.0])
    known = natural_statistics(joined, "added")
    assert known is not None
    np.testing.assert_array_equal(known[0], [1, -1, 0.5, 0])
    np.testing.assert_array_equal(known[1], [2, 0.5, 1, 3])


def test_unknown_layer_is_told(lite0: Backbone) -> None:
    with pytest.raises(UserError, match="no layer 'predictions'"):
        natural_statistics(lite0, "predictions")
