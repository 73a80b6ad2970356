"""Pictures of a real network: they excite their channels, and are the same bytes again."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from short import short

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.batch_statistics import natural_statistics
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.rendering.recipes import RECIPES, Recipe
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.targets import channel
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level, Pictures

pytestmark = pytest.mark.backend

SHORT = short(steps=12)


@pytest.fixture(scope="module")
def backbone(lite0: Backbone) -> Backbone:
    return lite0


class Channels:
    """A renderer of channels, by their numbers."""

    def __init__(self, backbone: Backbone, layer: str, recipe: Recipe, **settings: int) -> None:
        self.layer = backbone.layer(layer)
        self.renderer = Renderer(
            backbone, self.layer, recipe, **{"seed": 0, "batch": 4, **settings}
        )

    def render(self, channels: Sequence[int]) -> Pictures:
        return self.renderer.render([channel(self.layer, index) for index in channels])


def renderer(backbone: Backbone, layer: str, recipe: Recipe = SHORT, **settings: int) -> Channels:
    return Channels(backbone, layer, recipe, **settings)


def test_a_picture_excites_its_own_channel_most(backbone: Backbone) -> None:
    channels = [3, 30, 57, 84]
    made = renderer(backbone, "block5b_add", RECIPES["preview"]).render(channels)
    activation = truncate(backbone, "block5b_add")(made.images.astype(np.float32) / 255)
    mean, spread = natural_statistics(backbone, "block5b_add")
    z = (np.asarray(activation).mean((1, 2)) - mean) / spread
    assert list(z.argmax(1)) == channels
    assert (made.score > 1).all()
    assert list(made.flag) == [Flag.NONE] * 4
    # The score leaves out the border, where the zeros of the padding weigh on the plain mean.
    np.testing.assert_allclose(made.score, z[range(4), channels], rtol=0.5)


def test_a_recipe_goes_on_from_the_picture_of_its_base_that_is_there(backbone: Backbone) -> None:
    longer = replace(SHORT, level=Level.STANDARD, frequencies=128, base=SHORT)
    targets = [channel(backbone.layer("block3a_project_bn"), index) for index in (5, 6, 7)]
    begun = renderer(backbone, "block3a_project_bn").renderer.render(targets)
    further = renderer(backbone, "block3a_project_bn", longer).renderer
    made = further.render(targets, begun.images)
    np.testing.assert_array_equal(further.render(targets).images, made.images)
    assert (made.score > begun.score).all()
    # They are the same pictures, further on.
    for one, other in zip(made.images, begun.images, strict=True):
        alike = np.corrcoef(one.ravel(), other.ravel())[0, 1]
        assert alike > 0.5, alike
    other = further.render(targets, begun.images[::-1])
    assert not np.array_equal(other.images[0], made.images[0])


def test_dead_channels_are_flagged_and_others_are_not(backbone: Backbone) -> None:
    kernels = backbone.model.get_layer("stem_conv").get_weights()[0]
    dead = np.flatnonzero(np.abs(kernels).sum((0, 1, 2)) < 1e-6)
    assert list(dead) == [11, 16, 28, 31]
    flag = (
        renderer(backbone, "stem_activation", RECIPES["preview"], batch=8)
        .render(range(10, 18))
        .flag
    )
    assert [int(channel) for channel in 10 + np.flatnonzero(flag == Flag.DEAD)] == [11, 16]


def test_bytes_depend_on_seed_channel_and_place_alone(backbone: Backbone) -> None:
    first = renderer(backbone, "block3a_project_bn").render([5, 6, 7, 8])
    again = renderer(backbone, "block3a_project_bn")
    again.render([1, 2, 3, 4])  # what was rendered before leaves no trace
    second = again.render([5, 20, 7])
    np.testing.assert_array_equal(second.images[[0, 2]], first.images[[0, 2]])
    np.testing.assert_array_equal(second.score[[0, 2]], first.score[[0, 2]])
    assert not np.array_equal(second.images[1], first.images[1])
    other = renderer(backbone, "block3a_project_bn", seed=1).render([5, 6, 7, 8])
    for image, one in zip(other.images, first.images, strict=True):
        assert np.abs(image.astype(int) - one.astype(int)).mean() > 10


def test_more_steps_score_higher(backbone: Backbone) -> None:
    few = renderer(backbone, "block4a_project_bn", short(steps=4)).render(range(4)).score
    more = renderer(backbone, "block4a_project_bn", short(steps=40)).render(range(4)).score
    assert (more > few + 0.5).all()


@pytest.mark.parametrize("count", [0, 5])
def test_a_batch_of_another_size_is_refused(backbone: Backbone, count: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 to 4 targets, got {count}"):
        renderer(backbone, "stem_activation").render(range(count))
