"""What a channel is made of and feeds: the numbers of its page, found anew from the kernels."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sample_circuit import make_kernels, weights_of

from diamond_cutter.build.charts.weight_kernel import STEPS, Marks, draw_kernel, shown_window
from diamond_cutter.build.layer_circuits import LayerCircuits, layer_circuits
from diamond_cutter.build.page_text import percent, whole_percent
from diamond_cutter.build.pages.atlas.channel_page import channel_page
from diamond_cutter.build.pages.circuits.channel_circuit_view import (
    Connections,
    channel_circuit,
    exactness,
)
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.pages.page_templates import environment, render
from diamond_cutter.build.rendered_atlas import ModelAtlas, read_atlas
from diamond_cutter.precompute.stores.atlas.circuit_layout import Circuit

AROUND = Surroundings("", "assets/")
STEM, BLOCK, HEAD = range(3)
CHANNEL = 41
ALONE = LayerCircuits(None, None, None, None)


@pytest.fixture(scope="module")
def model(small_atlas: str) -> ModelAtlas:
    return read_atlas(small_atlas).models[0]


@pytest.fixture(scope="module")
def kernels() -> NDArray[np.float64]:
    """Of block1 by stem, (20, 300, 5, 5)."""
    return make_kernels(20, 300, 5).astype(float)


def circuit_of(model: ModelAtlas, layer: int) -> LayerCircuits:
    return layer_circuits(model, model.rendered[layer])


def made_of(circuit: Circuit, model: ModelAtlas, channel: int = CHANNEL) -> Connections:
    """What a channel of block1 is made of, by a circuit."""
    before = circuit_of(model, BLOCK)
    found = channel_circuit(model, replace(before, made_of=circuit), channel)
    assert found is not None
    assert found.made_of is not None
    return found.made_of


def test_a_channel_is_made_of_its_strongest_inputs_by_sign(
    model: ModelAtlas, kernels: NDArray[np.float64]
) -> None:
    weight = weights_of(kernels.astype(np.float16))[:, CHANNEL].astype(float)
    order = sorted(range(20), key=lambda channel: -abs(weight[channel]))[:16]
    found = channel_circuit(model, circuit_of(model, BLOCK), CHANNEL)
    assert found is not None
    side = found.made_of
    assert side is not None
    for ones, sign in ((side.excites, 1), (side.inhibits, -1)):
        expected = [channel for channel in order if sign * weight[channel] > 0]
        assert len(expected) > 2
        assert [one.tile.name for one in ones] == [f"Channel {each} of stem" for each in expected]
        assert [one.tile.href for one in ones] == [f"../../stem/{each}/" for each in expected]
        shares = [percent(weight[each] ** 2 / (weight**2).sum()) for each in expected]
        assert [one.share for one in ones] == shares
        assert all((one.weight[0] == "+") == (sign > 0) for one in ones)
        for one, each in zip(ones, expected, strict=True):
            assert float(one.weight.replace("\u2212", "-")) == pytest.approx(weight[each], abs=6e-3)
            rows = [list(map(int, row.split(","))) for row in one.kernel.steps.split(";")]
            drawn = np.array(rows) / STEPS * found.scale
            assert drawn == pytest.approx(kernels[each, CHANNEL], abs=found.scale / STEPS)
    held = whole_percent((weight[order] ** 2).sum() / (weight**2).sum())
    assert f"the 16 strongest of 20 channels; they hold {held} of all weights" in side.held
    assert sum(float(one.share[:-2]) for one in (*side.excites, *side.inhibits)) < 100
    assert (side.layer, side.href, side.matrix) == ("stem", "../../stem/", "../weights/")


def test_one_scale_is_that_of_both_sides(model: ModelAtlas) -> None:
    circuits = circuit_of(model, BLOCK)
    assert circuits.made_of is not None
    assert circuits.feeds is not None
    sides = (circuits.made_of.input_kernel[CHANNEL], circuits.feeds.output_kernel[CHANNEL])
    found = channel_circuit(model, circuits, CHANNEL)
    assert found is not None
    assert found.scale == max(float(np.abs(side).max()) for side in sides)


def test_the_first_cut_only_feeds_and_the_last_is_only_made(
    model: ModelAtlas, kernels: NDArray[np.float64]
) -> None:
    first = channel_circuit(model, circuit_of(model, STEM), 7)
    last = channel_circuit(model, circuit_of(model, HEAD), 2)
    assert first is not None
    assert last is not None
    assert first.made_of is None
    assert last.feeds is None
    weight = weights_of(kernels.astype(np.float16))[7]
    order = sorted(range(300), key=lambda channel: -abs(weight[channel]))[:16]
    assert first.feeds is not None
    fed = {one.tile.href for one in (*first.feeds.excites, *first.feeds.inhibits)}
    assert fed == {f"../../block1/{each}/" for each in order}
    assert first.feeds.matrix == "../../block1/weights/"
    assert first.feeds.skip == ""


def test_photos_disagree_where_an_input_takes_away(model: ModelAtlas) -> None:
    circuit = circuit_of(model, BLOCK).made_of
    assert circuit is not None
    side = made_of(circuit, model)
    marked = {
        int(one.tile.href.split("/")[-2])
        for one in (*side.excites, *side.inhibits)
        if one.disagrees
    }
    shown = circuit.inputs[CHANNEL].tolist()
    assert marked == {each for each in shown if (each + CHANNEL) % 5 == 0} != set()
    assert side.disagree
    slight = circuit.attribution.copy()
    slight[:, CHANNEL] = np.where(slight[:, CHANNEL] < 0, -0.09, 1)
    assert not made_of(replace(circuit, attribution=slight), model).disagree


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.71, "71\u202f% of this channel comes by the skip, unchanged from channel 41 of stem; "),
        (-0.2, "What comes by the skip, unchanged from channel 41 of stem, the block more than"),
        (1.2, "This channel comes by the skip, unchanged from channel 41 of stem; the block takes"),
        (np.nan, ""),
    ],
)
def test_the_skip_is_said_in_words(model: ModelAtlas, share: float, said: str) -> None:
    circuit = circuit_of(model, BLOCK).made_of
    assert circuit is not None
    skip = made_of(replace(circuit, skip=np.full(300, share, np.float32)), model).skip
    assert skip.startswith(said)
    assert bool(skip) == bool(said)


@pytest.mark.parametrize(
    ("is_linear", "agreement", "said"),
    [
        (True, 1.0, "The weights are exact"),
        (False, 0.97, "halves of which closely agree (correlation 0.97)"),
        (False, 0.6, "halves of which roughly agree (correlation 0.60)"),
        (False, 0.0, "halves of which hardly agree (correlation 0.00)"),
    ],
)
def test_how_exact_weights_are_is_said(
    model: ModelAtlas, is_linear: bool, agreement: float, said: str
) -> None:
    circuit = circuit_of(model, BLOCK).made_of
    assert circuit is not None
    assert said in exactness(replace(circuit, is_linear=is_linear, agreement=agreement))


def test_depthwise_kernels_stand_with_sign_and_share_to_their_own_scale(
    model: ModelAtlas, kernels: NDArray[np.float64]
) -> None:
    circuit = circuit_of(model, BLOCK).made_of
    assert circuit is not None
    found = made_of(circuit, model).depthwise
    assert found is not None
    assert [(one.sign, one.share) for one in found.ones] == [
        ("+", "50.0\u202f%"),
        ("\u2212", "25.0\u202f%"),
    ]
    assert [one.tile.name for one in found.ones] == ["Channel 41 of wide", "Channel 42 of wide"]
    assert "with these 2, which hold 75\u202f% of all such changes" in found.told
    for number, one in enumerate(found.ones):
        rows = [list(map(int, row.split(","))) for row in one.kernel.steps.split(";")]
        assert np.abs(rows).max() == STEPS
        drawn = np.array(rows) / STEPS * one.scale
        assert drawn == pytest.approx(kernels[number, CHANNEL], abs=one.scale / STEPS)
    shares = circuit.depthwise_share
    alone = made_of(replace(circuit, depthwise_share=shares * [1, 0]), model).depthwise
    assert alone is not None
    assert alone.told == "This channel is made by the depthwise kernel of its number in wide."
    none = replace(circuit, depthwise_share=shares[:, :0])
    assert made_of(none, model).depthwise is None


def test_a_channel_without_any_weight_says_so(model: ModelAtlas) -> None:
    circuit = circuit_of(model, BLOCK).made_of
    assert circuit is not None
    nothing = {name: 0 * getattr(circuit, name) for name in ("weight", "input_kernel")}
    side = made_of(replace(circuit, **nothing), model)
    assert side.held.startswith("None of 20 channels has any weight here.")
    assert (side.excites, side.inhibits) == ((), ())


def test_weights_that_are_nothing_as_they_are_kept_are_no_connections(model: ModelAtlas) -> None:
    """Of a channel that is all but dead: 1e-9 is 0 in float16."""
    circuit = circuit_of(model, BLOCK).made_of
    assert circuit is not None
    dead = replace(
        circuit,
        weight=np.full_like(circuit.weight, 1e-9),
        input_kernel=np.full((300, 16, 9, 9), 1e-9).astype(np.float16),
    )
    found = channel_circuit(model, LayerCircuits(model.rendered[STEM].layer, dead, None, None), 7)
    assert found is not None
    assert found.made_of is not None
    assert (found.made_of.excites, found.made_of.inhibits) == ((), ())
    assert found.made_of.held.startswith("None of 20 channels has any weight here.")
    assert "nan" not in found.made_of.size


def test_marks_are_weights_by_area_and_sign_by_kind() -> None:
    found = draw_kernel(np.array([[1.0, -0.25], [0.001, 0.25], [0.0, 1.0]]), 1.0)
    assert (found.rows, found.columns) == (3, 2)
    assert found.marks == (
        Marks("e3", "M1 1h0"),  # half as wide as the largest, a quarter of its area
        Marks("e6", "M0 0h0M1 2h0"),
        Marks("i3", "M1 0h0"),
    )
    assert found.steps == "999,-250;1,250;0,999"


def test_of_a_large_kernel_the_part_that_holds_most_is_shown(model: ModelAtlas) -> None:
    kernels = np.full((2, 13, 9), 0.01)
    kernels[:, 5:12, 1:8] = 1
    assert shown_window(kernels) == (slice(5, 12), slice(1, 8))
    circuit = circuit_of(model, BLOCK).made_of
    assert circuit is not None
    large = np.broadcast_to(kernels[:1], (300, 16, 13, 9)).astype(np.float16)
    side = made_of(replace(circuit, input_kernel=large), model)
    assert side.size == "13 × 9 cells, of which the 7 × 7 are shown that hold >99\u202f%"
    assert side.excites[0].kernel.steps.count(";") == 6


def test_without_circuits_a_page_is_as_it_was(model: ModelAtlas) -> None:
    page = channel_page(AROUND, model, model.rendered[BLOCK], 2, ALONE)
    html = render(environment(), "channel.html", page).decode()
    assert re.findall(r'rel="\w+" href="\.\./(\d+)/"', html) == ["1", "3"]
    assert "connections" not in html
    assert 'id="trail"' not in html


def test_a_page_grows_by_40_kb_at_most(model: ModelAtlas) -> None:
    """Of 16 inputs and outputs, and 4 depthwise, whose kernels are large, dense and alike."""
    circuits = circuit_of(model, BLOCK)
    assert circuits.made_of is not None
    assert circuits.feeds is not None
    wide = np.random.default_rng(1).uniform(-1, 1, (300, 4, 7, 7)).astype(np.float16)
    depthwise = {
        "depthwise_channel": np.tile(np.arange(4, dtype=np.uint16), (300, 1)),
        "depthwise_share": np.full((300, 4), 0.1, np.float32),
        "depthwise_kernel": wide,
    }
    dense = np.random.default_rng(0).uniform(0.5, 1, (300, 16, 7, 7)) * (-1, 1, -1, 1, -1, 1, -1)
    outputs = np.tile(np.arange(16) % 5, (300, 1))
    grown = replace(
        circuits,
        made_of=replace(circuits.made_of, input_kernel=dense.astype(np.float16), **depthwise),
        feeds=replace(circuits.feeds, outputs=outputs, output_kernel=dense.astype(np.float16)),
    )
    pages = [
        channel_page(AROUND, model, model.rendered[BLOCK], CHANNEL, each) for each in (grown, ALONE)
    ]
    large, small = (len(render(environment(), "channel.html", page)) for page in pages)
    assert 25_000 < large - small <= 40_000


def test_a_channels_page_keeps_arrows_to_those_beside_it(small_site: Path) -> None:
    html = (small_site / "models/tiny-net/block1/41/index.html").read_text(encoding="utf-8")
    assert 'rel="prev" href="../40/"' in html
    assert 'rel="next" href="../42/"' in html
    assert "Beside it in" not in html
