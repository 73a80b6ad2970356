"""Latency: of the network that was asked for, measured once."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf
from diamond_cutter.precompute.stores.study.study_layout import Cost
from diamond_cutter.precompute.study import cut_cost
from diamond_cutter.precompute.study.cut_cost import (
    Latency,
    describe_machine,
    find_cost,
    find_latency,
)

CUTS = ["stem_activation", "block2b_add", "top_activation"]


@pytest.fixture(scope="module")
def measured(lite0: Backbone) -> dict[str, Latency]:
    return cut_cost.measure_latency(lite0, CUTS)


def test_deeper_takes_longer(measured: dict[str, Latency]) -> None:
    assert list(measured) == CUTS
    first, _, last = measured.values()
    assert 0 < first.single < last.single < 60
    assert 0 < first.batched < last.batched < 60
    batch = 32 if tf.config.list_physical_devices("GPU") else 8
    assert {each.batch for each in measured.values()} == {batch}


def test_what_is_timed_gives_the_pooled_activations(lite0: Backbone) -> None:
    photos = np.random.default_rng(1).random((2, 224, 224, 3), dtype=np.float32)
    for cut, function in cut_cost._functions(lite0, CUTS[:2]).items():
        network = fold(lite0, [cut])
        (activation,) = keras.tree.flatten(network(photos))
        np.testing.assert_allclose(function(photos), np.mean(activation, (1, 2)), atol=1e-4)


class Counting:
    """In the place of `measure_latency`: gives figures out, and keeps what was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, _backbone: Backbone, cuts: list[str]) -> dict[str, Latency]:
        self.asked.append(list(cuts))
        return {cut: Latency(len(self.asked) + 0.1, 0.3, 8) for cut in cuts}


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr(cut_cost, "measure_latency", counting)
    return counting


def test_nothing_is_measured_twice(lite0: Backbone, tmp_path: Path, counting: Counting) -> None:
    folder = tmp_path / "cache" / "latency"
    first = find_latency(lite0, CUTS[:2], folder)
    assert first == {cut: Latency(1.1, 0.3, 8) for cut in CUTS[:2]}
    assert find_latency(lite0, CUTS[:2], folder) == first
    more = find_latency(lite0, CUTS[::-1], folder)
    assert list(more) == CUTS[::-1]
    assert more == {**first, CUTS[2]: Latency(2.1, 0.3, 8)}
    assert counting.asked == [CUTS[:2], CUTS[2:]]
    assert [path.name for path in folder.iterdir()] == ["efficientnet-lite0.json"]


def broken(file: Path) -> None:
    file.write_text(file.read_text()[:-9])


def without_figure(file: Path) -> None:
    content = json.loads(file.read_text())
    del content["cuts"][CUTS[0]]["single"]
    file.write_text(json.dumps(content))


def of_another_machine(file: Path) -> None:
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "machine": "an abacus"}))


def a_list(file: Path) -> None:
    file.write_text("[1, 2]")


@pytest.mark.parametrize("change", [broken, without_figure, of_another_machine, a_list])
def test_what_does_not_fit_is_measured_anew(
    change: Callable[[Path], None], lite0: Backbone, tmp_path: Path, counting: Counting
) -> None:
    find_latency(lite0, CUTS[:1], tmp_path)
    change(tmp_path / "efficientnet-lite0.json")
    for _ in range(2):
        assert find_latency(lite0, CUTS[:1], tmp_path)[CUTS[0]].single == 2.1
    assert len(counting.asked) == 2


def test_another_network_of_the_name_is_measured(
    lite0: Backbone, tmp_path: Path, counting: Counting
) -> None:
    find_latency(lite0, CUTS[:1], tmp_path)
    other: Any = keras.Sequential([keras.Input((None, None, 3))])
    find_latency(replace(lite0, model=other), CUTS[:1], tmp_path)
    assert len(counting.asked) == 2


def test_the_machine_has_a_name() -> None:
    processor, cores, *_, version = describe_machine().split(", ")
    assert len(processor) > 2
    assert int(cores.removesuffix(" cores")) >= 1
    assert version == f"TensorFlow {tf.__version__}"


def test_cost_is_that_of_the_network_and_its_head(lite0: Backbone) -> None:
    head = [
        (np.zeros((32, 7), np.float32), np.zeros(7, np.float32)),
        (np.zeros((7, 5), np.float32), np.zeros(5, np.float32)),
    ]
    products, numbers = 32 * 7 + 7 * 5, 32 * 7 + 7 + 7 * 5 + 5
    kernel = 3 * 3 * 3 * 32  # of the stem: 112 x 112 places, and BatchNorm
    assert find_cost(lite0, "stem_activation", head, Latency(0.5, 0.25, 8)) == Cost(
        parameters=kernel + 64 + numbers,
        gflops=pytest.approx(2e-9 * (kernel * 112**2 + products)),
        bytes=4 * (kernel + 32 + numbers),
        latency=0.5,
        batch_latency=0.25,
        batch=8,
    )
