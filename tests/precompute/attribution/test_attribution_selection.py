"""Which layers of a cut are shown."""

import pytest

from diamond_cutter.precompute.attribution.attribution_selection import select_layers
from diamond_cutter.precompute.backbones.graph.backbone import Backbone

DEEPEST = ["block1a_project_bn", "block2b_add", "block3b_add", "block5c_add"]
"""The last cut of Lite0 at strides of 2, 4, 8 and 16."""


@pytest.mark.parametrize(
    ("layers", "cut", "expected"),
    [
        (("stages",), "top_activation", DEEPEST),
        (("stages",), "block5a_project_bn", DEEPEST[:3]),
        (("stages",), "stem_activation", []),
        (("cut",), "top_activation", []),
        (("stages", "block5a_project_bn"), "block5c_add", [*DEEPEST[:3], "block5a_project_bn"]),
    ],
)
def test_the_last_cut_of_each_resolution_is_shown_and_the_cut_itself(
    lite0: Backbone, layers: tuple[str, ...], cut: str, expected: list[str]
) -> None:
    found = select_layers(layers, lite0, cut)
    assert [layer.name for layer in found] == [*expected, cut]


def test_every_cut_below_is_shown_where_that_is_asked_for(lite0: Backbone) -> None:
    found = select_layers(["cuts"], lite0, "top_activation")
    assert found == [layer for layer in lite0.layers if layer.is_cut]
