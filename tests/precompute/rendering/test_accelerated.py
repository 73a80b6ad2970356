"""What a device can't do is done in a plainer way."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from short import short

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.rendering import renderer_choice
from diamond_cutter.precompute.rendering.accelerated_renderer import Accelerated
from diamond_cutter.precompute.rendering.backend.device import Device, find_device, is_of_device
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.requests import target_pictures
from diamond_cutter.precompute.rendering.targets import Target, channel
from diamond_cutter.precompute.stores.atlas.atlas_layout import Level, Pictures

pytestmark = pytest.mark.backend

RECIPE = short(steps=3, view=24)
FAST = RenderPlan(batch=32, precision="bfloat16", xla=True)


def test_xla_gives_the_pictures_of_a_graph(tiny: Backbone) -> None:
    layer = tiny.layer("block2_relu")
    targets = [channel(layer, index) for index in (3, 5)]
    graph, compiled = (
        Renderer(tiny, layer, RECIPE, seed=0, batch=2, xla=xla).render(targets)
        for xla in (False, True)
    )
    assert np.abs(graph.images.astype(int) - compiled.images).mean() < 1
    np.testing.assert_allclose(compiled.score, graph.score, rtol=0.01)


class Limited:
    """A renderer on a device without XLA's libraries, with room for eight pictures."""

    def __init__(self, renderer: Renderer, way: RenderPlan, tried: list[RenderPlan]) -> None:
        self.renderer, self.way = renderer, way
        tried.append(way)

    def render(self, targets: Sequence[Target], begun: NDArray[np.uint8] | None = None) -> Pictures:
        if self.way.xla:
            raise RuntimeError("INTERNAL: libdevice not found at ./libdevice.10.bc")
        if self.way.batch > 8:
            raise RuntimeError("RESOURCE_EXHAUSTED: OOM when allocating tensor with shape[32]")
        return self.renderer.render(targets, begun)


def test_what_fails_is_tried_in_a_plainer_way_and_told(
    tiny: Backbone, capsys: pytest.CaptureFixture[str]
) -> None:
    layer, tried = tiny.layer("block2_relu"), list[RenderPlan]()
    targets = [channel(layer, index) for index in range(12)]

    def make(way: RenderPlan) -> Limited:
        renderer = Renderer(tiny, layer, RECIPE, seed=0, batch=way.batch, precision=way.precision)
        return Limited(renderer, way, tried)

    renderer = Accelerated(make, FAST)
    made = renderer.render(targets)
    assert [(way.xla, way.batch) for way in tried] == [
        (True, 32), (False, 32), (False, 16), (False, 8),
    ]  # fmt: skip
    assert {way.precision for way in tried} == {"bfloat16"}
    assert made.made_on == f"{find_device().describe()}, bfloat16"
    assert "libdevice not found" in capsys.readouterr().err
    plain = make(replace(FAST, xla=False, batch=8))
    for part in (slice(0, 8), slice(8, 12)):
        np.testing.assert_array_equal(made.images[part], plain.render(targets[part]).images)
    renderer.render(targets[:2])
    assert len(tried) == 5  # it keeps the way that was found, and its graphs


def test_every_batch_goes_on_from_its_own_pictures(tiny: Backbone) -> None:
    layer = tiny.layer("block2_relu")
    targets = [channel(layer, index) for index in range(12)]
    further = replace(RECIPE, level=Level.STANDARD, base=RECIPE)

    def make(way: RenderPlan) -> Renderer:
        return Renderer(tiny, layer, further, seed=0, batch=way.batch)

    renderer = Accelerated(make, RenderPlan(batch=8))
    base = Accelerated(
        lambda way: Renderer(tiny, layer, RECIPE, seed=0, batch=way.batch), RenderPlan(8)
    )
    begun = base.render(targets).images
    np.testing.assert_array_equal(
        renderer.render(targets, begun).images, renderer.render(targets).images
    )


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (UserError("no such layer"), 1),
        (ArithmeticError("never"), 1),
        (ValueError("expected 8 targets, INTERNAL or not"), 1),
        (RuntimeError("dictionary changed size during iteration"), 1),
        (tf.errors.InvalidArgumentError(None, None, "Incompatible shapes: [8] vs. [7]"), 1),
        (RuntimeError("INTERNAL: libdevice not found"), 5),
        (RuntimeError("UNIMPLEMENTED: unsupported type bf16 of a convolution"), 5),
        (tf.errors.InternalError(None, None, "libdevice not found"), 5),
        (tf.errors.UnimplementedError(None, None, "No algorithm worked"), 5),
        (tf.errors.InvalidArgumentError(None, None, "Detected unsupported operations"), 5),
        (tf.errors.NotFoundError(None, None, "Could not find device for node: {{node a}}"), 5),
    ],
)
def test_what_no_way_helps_against_is_an_error(error: Exception, tries: int) -> None:
    tried = []

    def make(way: RenderPlan) -> Renderer:
        tried.append(way)
        raise error

    with pytest.raises(type(error), match=re.escape(str(error))):
        Accelerated(make, FAST).render([])
    assert len(tried) == tries


def test_errors_of_a_device_are_known_as_the_framework_raises_them() -> None:
    @tf.function(jit_compile=True)
    def unsupported(values: Any) -> Any:
        return tf.strings.length(tf.strings.as_string(values))

    with pytest.raises(tf.errors.OpError) as caught:
        unsupported(tf.constant([1.0]))
    assert is_of_device(caught.value)
    with pytest.raises(tf.errors.OpError) as caught:
        tf.linalg.matmul(tf.zeros((2, 3)), tf.zeros((2, 3)))
    assert not is_of_device(caught.value)


def test_renderers_go_the_way_of_the_device(
    tiny: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, made = tiny.layer("block2_relu"), list[dict[str, Any]]()
    gpu = Device("GPU", "tensorflow", is_gpu=True, memory=80 * 2**30, capability=8.0)
    monkeypatch.setattr(target_pictures, "find_device", lambda: gpu)

    def spy(*arguments: Any, **settings: Any) -> Renderer:
        made.append(settings)
        return Renderer(*arguments, **settings)

    monkeypatch.setattr(renderer_choice, "Renderer", spy)
    targets = [channel(layer, index) for index in range(12)]
    pictures = target_pictures.render(tiny, layer, targets, RECIPE)
    ((batch, precision, xla),) = [(each["batch"], each["precision"], each["xla"]) for each in made]
    assert (batch, precision, xla) == (12, "bfloat16", False)
    alone = Renderer(tiny, layer, RECIPE, seed=0, batch=12, precision="bfloat16").render(targets)
    np.testing.assert_array_equal(pictures.images, alone.images)
