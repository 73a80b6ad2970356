"""Windows, places that lie apart, and the strongest of made-up kernels."""

from pathlib import Path

import numpy as np
import pytest
import zarr
from fake_pictures import circuit_of

from diamond_cutter.precompute.atlas.circuits.circuit_places import (
    Window,
    dealt,
    find_window,
    in_rounds,
)
from diamond_cutter.precompute.atlas.circuits.circuit_ranking import (
    agreement,
    find_skip,
    measure_moments,
    rank,
    without_skip,
)
from diamond_cutter.precompute.stores.atlas import circuit_layout
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.circuit_layout import (
    read_circuit,
    source_of,
    write_circuit,
)

RANDOM = np.random.default_rng(0)


def test_a_window_is_where_the_gradient_is() -> None:
    energy = np.zeros((12, 12))
    energy[5:8, 6:9] = RANDOM.uniform(1, 2, (3, 3))  # of the unit at (3, 3), stride 2
    known = find_window(energy, (3, 3), (2, 2), 3)
    assert known == Window((-1, 0), (3, 3), (2, 2), is_local=True)
    assert find_window(energy, (3, 3), (2, 2), None) == known
    energy[0, 0] = 0.01  # what a gate sees of all
    assert find_window(energy, (3, 3), (2, 2), None) == Window(
        (-1, 0), (3, 3), (2, 2), is_local=False
    )
    assert find_window(energy, (3, 3), (2, 2), 3, most=2).sides == (2, 2)


def test_rows_and_columns_have_strides_of_their_own() -> None:
    energy = np.zeros((12, 12))
    energy[5:8, 3:6] = 1  # of the unit at (3, 4), strides 2 and 1
    window = find_window(energy, (3, 4), (2, 1), 3)
    assert window.offset == (-1, -1)
    assert window.apart == (2, 3)
    assert window.inside((12, 12), (6, 12)) == ([1, 2, 3, 4, 5], list(range(1, 11)))
    # What is larger than the map before it is asked in the middle alone.
    assert window.inside((12, 12), (6, 24)) == ([1, 2, 3, 4, 5], [12])


def test_what_lies_beyond_the_map_is_zero() -> None:
    values = np.arange(1, 17, dtype=np.float32).reshape(4, 4, 1)
    window = Window((-1, -1), (3, 3), (1, 1), is_local=True)
    assert window.of(values, (0, 3))[..., 0].tolist() == [[0, 0, 0], [3, 4, 0], [7, 8, 0]]
    assert window.inside((4, 4), (4, 4)) == ([1, 2], [1, 2])
    assert Window((-1, -1), (5, 5), (1, 1), is_local=True).inside((4, 4), (4, 4)) == ([2], [2])


def test_every_channel_is_dealt_a_place_far_from_others() -> None:
    rounds = list(dealt(range(40), [2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5], (3, 3), RANDOM))
    assert sorted(channel for units in rounds for _, channel in units) == list(range(40))
    assert len(rounds) <= 40 / 2
    for units in rounds:
        for number, ((row, column), _) in enumerate(units):
            assert 2 <= row <= 8
            assert 1 <= column <= 5
            for (other, across), _ in units[:number]:
                assert max(abs(row - other), abs(column - across)) >= 3


def test_units_near_each_other_are_asked_one_after_the_other() -> None:
    asked = [((0, 0), 7), ((1, 1), 8), ((0, 3), 9), ((4, 4), 1)]
    assert in_rounds(asked, (3, 3)) == [[asked[0], asked[2], asked[3]], [asked[1]]]


def test_a_skip_is_found_and_taken_out() -> None:
    kernels = RANDOM.normal(0, 0.2, (4, 3, 3, 8)).astype(np.float32)
    outputs = range(2, 6)
    assert find_skip(kernels, outputs) is None
    skipped = kernels.copy()
    skipped[range(4), 1, 1, outputs] += 1
    assert find_skip(skipped, outputs) == (1, 1)
    np.testing.assert_allclose(without_skip(skipped, outputs, (1, 1)), kernels, atol=1e-6)
    assert find_skip(kernels[..., :2], outputs) is None  # no input of these numbers


def test_shares_of_skip_and_block_sum_up_to_one() -> None:
    before = RANDOM.normal(3, 2, (5, 4, 4, 3)).astype(np.float32)
    block = RANDOM.normal(0, 1, (5, 4, 4, 4)).astype(np.float32)
    after = block.copy()
    after[..., :3] += before
    moments = measure_moments(before, after)
    flat = [each.reshape(-1, each.shape[-1]) for each in (before, block, after)]
    np.testing.assert_allclose(moments.mean, flat[0].mean(0), rtol=1e-5)
    np.testing.assert_allclose(moments.before, flat[0].std(0), rtol=1e-5)
    np.testing.assert_allclose(moments.after, flat[2].std(0), rtol=1e-5)
    for channel in range(3):
        whole, own, rest = flat[2][:, channel], flat[0][:, channel], flat[1][:, channel]
        share = np.cov(own, whole, bias=True)[0, 1] / whole.var()
        assert moments.skip_share[channel] == pytest.approx(share, abs=1e-4)
        assert share + np.cov(rest, whole, bias=True)[0, 1] / whole.var() == pytest.approx(1)
    assert np.isnan(moments.skip_share[3])


def test_halves_that_agree_say_how_well_all_photos_are_known() -> None:
    one = np.array([1.0, 0, 0, 0], np.float32)
    half = np.array([0.5, np.sqrt(0.75), 0, 0], np.float32)
    assert agreement(one, one) == pytest.approx(1)
    assert agreement(one, half) == pytest.approx(2 * 0.5 / 1.5)
    assert agreement(one, -one) == agreement(one, 0 * one) == 0


def test_the_largest_kernels_come_first_with_the_sign_of_their_sum() -> None:
    kernels = np.zeros((2, 1, 2, 3), np.float32)
    kernels[0, 0] = [[3, 0, -1], [4, 0, -1]]
    kernels[1, 0] = [[0, 2, 6], [0, 1, 0]]
    found = rank(kernels, range(4, 6), 2)
    root = np.sqrt
    np.testing.assert_allclose(found["weight"], [[5, 0], [0, root(5)], [-root(2), 6]], rtol=1e-6)
    assert found["inputs"].tolist() == [[0, 2], [2, 1]]
    assert found["outputs"].tolist() == [[4, 5], [5, 4], [5, 4]]
    assert found["input_kernel"][0].tolist() == [[[3, 4]], [[-1, -1]]]
    assert found["output_kernel"][2].tolist() == [[[6, 0]], [[-1, -1]]]


def test_the_cut_before_is_the_nearest() -> None:
    kinds = (True, False, True, False, True)
    layers = [Layer(f"{n}", n, 8, 1, 3, is_cut) for n, is_cut in enumerate(kinds)]
    sources = [source_of(layers, layer) for layer in layers]
    assert [source.name if source else None for source in sources] == [None, "0", "0", "2", "2"]


def test_blocks_are_stored_apart_and_read_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuit_layout, "BLOCK", 4)
    kernels = RANDOM.normal(size=(6, 3, 3, 5)).astype(np.float32)
    layer = zarr.open_group(tmp_path, mode="w")
    whole = circuit_of("a", kernels, range(6), 3)
    for first in (0, 4):
        assert read_circuit(layer, 6) is None
        outputs = range(first, min(first + 4, 6))
        part = circuit_of("a", kernels[outputs.start : outputs.stop], outputs, 3)
        write_circuit(layer, first, part, 3, "digest")
    found = read_circuit(layer, 6)
    assert found is not None
    assert (found.source, found.offset, found.stride, found.agreement) == (
        "a",
        (-1, -1),
        (2, 2),
        0.5,
    )
    assert found.depthwise == "inner"
    by_output = ("depthwise_channel", "depthwise_share", "depthwise_kernel")
    for name in ("weight", "attribution", "inputs", "input_kernel", *by_output):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    # A block of two channels can keep but two of each input.
    strongest = np.argsort(-np.abs(whole.weight), axis=1)[:, :3]
    np.testing.assert_array_equal(found.outputs, strongest)
    np.testing.assert_array_equal(found.output_kernel, whole.output_kernel)
