"""What every renderer must do, ours and those to compare it with, on either framework."""

from importlib.util import find_spec

import numpy as np
import pytest
from short import short

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
from diamond_cutter.precompute.rendering.backend.adapter import FRAMEWORK
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.rendering.renderer_choice import NAMES, make_renderer
from diamond_cutter.precompute.rendering.target_readings import reading
from diamond_cutter.precompute.rendering.targets import Family, Target, channel, class_logits
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Pictures

RECIPE = short(steps=30, view=24)

pytestmark = [
    pytest.mark.backend,
    pytest.mark.filterwarnings("ignore"),  # Lucid's, which is of 2021
]

absent = FRAMEWORK != "tensorflow" or find_spec("lucid") is None
renderers = pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                name == "lucid" and absent, reason="`make lucid` brings Lucid, on TensorFlow alone"
            ),
        )
        for name in NAMES
    ],
)


def made(name: str, backbone: Backbone, targets: list[Target], seed: int = 0) -> Pictures:
    family = targets[0].family
    layer = None if family == Family.LOGIT else backbone.layer("block2_relu")
    renderer = make_renderer(
        name,
        backbone,
        layer,
        RECIPE,
        seed=seed,
        family=family,
        plan=RenderPlan(batch=len(targets)),
        side=32,
    )
    return renderer.render(targets)


def values(backbone: Backbone, pictures: Pictures, targets: list[Target]) -> np.ndarray:
    """What each picture (down) reaches for each target (across), averaged over places."""
    layer = backbone.layer("block2_relu")
    network = reading(backbone, layer, Family.CHANNEL).network
    pooled = np.asarray(network(pictures.images.astype(np.float32) / 255)).mean((1, 2))
    return pooled @ np.stack([target.weights for target in targets]).T


@renderers
def test_pictures_excite_their_own_units(name: str, tiny: Backbone) -> None:
    targets = [channel(tiny.layer("block2_relu"), index) for index in (3, 5, 11)]
    pictures = made(name, tiny, targets)
    assert pictures.images.shape == (3, 32, 32, 3)
    assert pictures.images.dtype == np.uint8
    assert pictures.score.dtype == np.float32
    reached = values(tiny, pictures, targets)
    others = (reached.sum(0) - reached.diagonal()) / 2
    assert (reached.diagonal() > others).all()
    # Of twelve channels the own one has to be among the first three.
    assert list(pictures.flag) == [Flag.NONE] * 3


@renderers
def test_class_pictures_excite_their_own_logits(name: str, tiny: Backbone) -> None:
    own = classifier(tiny)
    pictures = made(name, tiny, class_logits(own.weights, own.bias, [0, 1, 2]))
    logits = np.asarray(tiny.model(pictures.images.astype(np.float32) / 255))
    assert list(logits.argmax(0)) == [0, 1, 2]
    np.testing.assert_allclose(pictures.score, logits.diagonal(), atol=1)


@renderers
def test_the_seed_decides(name: str, tiny: Backbone) -> None:
    targets = [channel(tiny.layer("block2_relu"), index) for index in (3, 4)]
    first, again, other = (made(name, tiny, targets, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.score, again.score)
    assert np.abs(first.images.astype(int) - other.images).mean() > 2


def test_what_a_renderer_cannot_do_is_told(tiny: Backbone) -> None:
    layer = tiny.layer("block1_relu")
    settings = {"seed": 0, "family": Family.CHANNEL, "plan": RenderPlan(batch=1)}
    with pytest.raises(UserError, match="expected one of diamond, lucid, maco, got 'ours'"):
        make_renderer("ours", tiny, layer, RECIPE, **settings)
    with pytest.raises(UserError, match="maco: expected opaque pictures"):
        make_renderer("maco", tiny, layer, RECIPE, transparent=True, **settings)
