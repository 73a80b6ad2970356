from itertools import pairwise

import pytest

from diamond_cutter.build.charts.network_profile import WIDTH, draw_field, draw_profile
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

LAYERS = [
    Layer("one", 0, 16, 2, 4, True),
    Layer("two", 3, 64, 4, 32, True),
    Layer("three", 5, 64, 8, 256, True),
    Layer("four", 9, 256, 8, None, True),
]


def test_a_field_of_view_is_drawn_to_scale() -> None:
    field = draw_field(LAYERS[1], 64)
    assert field is not None
    assert (field.field, field.field_start) == (24, 12)
    assert (field.cell, field.cell_start) == (3, 22.5)
    assert field.text == "sees 32 px of the input's 64; one cell every 4 px"


def test_a_field_wider_than_the_input_fills_it() -> None:
    field = draw_field(LAYERS[2], 64)
    assert field is not None
    assert (field.field, field.field_start) == (48, 0)
    assert field.text == "sees up to 256 px, more than the input's 64; one cell every 8 px"


def test_an_unknown_field_of_view_is_not_drawn() -> None:
    assert draw_field(LAYERS[3], 64) is None


def test_the_profile_goes_along_depth_on_logarithmic_scales() -> None:
    field, stride, channels = draw_profile(LAYERS, 64).panels
    assert [dot.x for dot in channels.dots] == [90, 270, 450, 630]
    low, middle, same, high = (dot.y for dot in channels.dots)
    assert middle == same
    assert middle == pytest.approx((low + high) / 2, abs=0.1)
    assert high < low  # more is higher up
    assert [dot.text for dot in channels.dots] == ["16", "64", "", "256"]
    assert [dot.text for dot in stride.dots] == ["2", "4", "8", ""]
    assert len(field.dots) == 3
    assert field.title.text == "receptive field 4 to 256 px, known of 3 layers"
    assert field.limit is not None
    assert field.limit.x == WIDTH
    # 64 lies between 32 and 256: a third of the way up on a logarithmic scale
    share = (field.dots[1].y - field.limit.y) / (field.dots[1].y - field.dots[2].y)
    assert share == pytest.approx(1 / 3, abs=0.01)


def test_the_layer_that_a_page_is_about_is_marked() -> None:
    assert draw_profile(LAYERS, 64).current is None
    assert draw_profile(LAYERS, 64, LAYERS[2]).current == 450


def test_cuts_are_marked_and_each_layer_says_its_sizes() -> None:
    layers = [LAYERS[0], Layer("between", 1, 96, 2, 8, False), *LAYERS[1:]]
    profile = draw_profile(layers, 63)
    assert profile.summary.startswith("5 layers along depth, 4 of them cuts, input 63 px")
    for panel in profile.panels[1:]:
        assert [dot.is_cut for dot in panel.dots] == [True, False, True, True, True]
    assert [dot.text for dot in profile.panels[2].dots] == ["16", "", "64", "", "256"]
    assert profile.columns[0].text == (
        "one, a cut: 16 channels, about 32 × 32 cells, one every 2 px, receptive field 4 px"
    )
    assert profile.columns[1].text.startswith("between: 96 channels")
    assert (profile.columns[1].x, profile.columns[1].width) == (144, 144)
    assert draw_profile(layers, 63, layers[0]).columns == ()


def test_texts_keep_apart_in_a_deep_network() -> None:
    deep = [Layer(f"l{i}", i, 8 + i, 2, None, True) for i in range(200)]
    texts = [dot for dot in draw_profile(deep, 64).panels[2].dots if dot.text]
    assert 10 < len(texts) < 25
    assert all(b.x - a.x >= 34 for a, b in pairwise(texts))


def test_one_layer_alone_can_be_drawn() -> None:
    panels = draw_profile(LAYERS[3:], 64).panels
    assert panels[0].title.text == "receptive field not known"
    assert panels[1].title.text == "stride 8 px"
    assert panels[2].dots[0].text == "256"
