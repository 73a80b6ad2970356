"""Which way to render is chosen for which device."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from diamond_cutter.precompute.rendering.backend import adapter, device
from diamond_cutter.precompute.rendering.backend.device import Device, find_device, least
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.rendering.render_plan import Load, RenderPlan, plan_render

GIB = 2**30
CPU = Device("CPU", "tensorflow")
H100 = Device("NVIDIA H100 80GB HBM3", "tensorflow", True, 80 * GIB, 9.0)
V100 = Device("Tesla V100", "tensorflow", True, 16 * GIB, 7.0)
SMALL = Device("NVIDIA GeForce RTX 3050", "tensorflow", True, 8 * GIB, 8.6)
UNKNOWN = Device("AMD Instinct", "tensorflow", True)


def load(pictures: int, recipe: str = "preview", side: int = 128) -> Load:
    return Load(pictures, side, RECIPES[recipe])


@pytest.mark.parametrize("framework", ["tensorflow", "jax"])
@pytest.mark.parametrize("recipe", ["preview", "standard"])
def test_on_a_cpu_nothing_is_chosen(framework: str, recipe: str) -> None:
    chosen = plan_render(replace(CPU, framework=framework), 6, load(1280, recipe))
    assert chosen == RenderPlan(batch=8, in_flight=6, precision="float32", xla=False)


def test_half_precision_is_for_tensor_cores_that_know_it() -> None:
    precision = [plan_render(each, 16, load(64)).precision for each in (H100, V100, SMALL, UNKNOWN)]
    assert precision == ["bfloat16", "float32", "bfloat16", "float32"]


def test_processes_share_a_gpu_as_far_as_its_memory_and_the_cores_go() -> None:
    shared = [plan_render(each, 16, load(64)).in_flight for each in (H100, V100, SMALL, UNKNOWN)]
    assert shared == [4, 2, 1, 1]
    assert plan_render(H100, 2, load(64)).in_flight == 2


def test_a_batch_fits_into_the_memory_of_its_process() -> None:
    for each in (H100, V100, SMALL, UNKNOWN):
        for recipe, view in (("preview", 64), ("standard", 128)):
            chosen = plan_render(each, 16, load(10_000, recipe))
            assert chosen.batch % 8 == 0
            assert 8 <= chosen.batch <= 128
            taken = chosen.batch * 8_000 * view**2 + GIB
            assert chosen.batch == 8 or taken <= 0.75 * (each.memory or 8 * GIB) / chosen.in_flight


@pytest.mark.parametrize(
    ("channels", "batch"),
    [(3, 8), (32, 32), (128, 128), (320, 80), (1280, 128), (136, 72), (344, 120)],
)
def test_the_batches_of_a_layer_are_of_one_size_where_they_can_be(
    channels: int, batch: int
) -> None:
    assert plan_render(H100, 16, load(channels)).batch == batch


def test_xla_is_for_so_many_steps_that_its_compilation_pays() -> None:
    assert not plan_render(H100, 16, load(1280)).xla
    assert plan_render(H100, 16, load(1280, "standard")).xla
    assert not plan_render(H100, 16, load(64, "standard")).xla
    few_at_once = replace(load(80, "standard"), batch=8)
    assert plan_render(H100, 16, few_at_once) == RenderPlan(8, 4, "bfloat16", xla=True)
    assert not plan_render(replace(H100, framework="jax"), 16, load(1280, "standard")).xla


def test_a_way_that_fails_gets_plainer_until_there_is_nothing_plainer() -> None:
    chosen: RenderPlan | None = plan_render(H100, 16, load(40, "standard", 48))
    chosen = replace(chosen, xla=True)
    seen = []
    while chosen is not None:
        seen.append((chosen.xla, chosen.precision, chosen.batch))
        chosen = chosen.plainer("InternalError: libdevice not found")
    assert seen == [
        (True, "bfloat16", 40),
        (False, "bfloat16", 40),
        (False, "float32", 40),
        (False, "float32", 24),
        (False, "float32", 16),
        (False, "float32", 8),
    ]


@pytest.mark.parametrize(
    "error",
    [
        "ResourceExhaustedError: OOM when allocating tensor with shape[40]",
        "ResourceExhaustedError: Failed to allocate 2147483648 bytes",
        "XlaRuntimeError: RESOURCE_EXHAUSTED: 2147483648 bytes",
        "InternalError: failed call to cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY",
        "InternalError: Out of memory while trying to allocate 2147483648 bytes",
    ],
)
def test_where_memory_is_short_fewer_are_rendered_at_once(error: str) -> None:
    fast = RenderPlan(batch=40, precision="bfloat16", xla=True)
    assert fast.plainer(error) == replace(fast, batch=24)
    assert RenderPlan(batch=2).plainer("RESOURCE_EXHAUSTED") is None


def test_the_way_of_a_cluster_is_that_of_its_least_device() -> None:
    assert least([H100, CPU, V100]) == CPU
    assert least([H100, SMALL, V100]) == SMALL
    assert not least([]).is_gpu


def test_a_way_is_said_in_one_line() -> None:
    chosen = plan_render(H100, 16, load(1280, "standard"))
    assert H100.describe() == "NVIDIA H100 80GB HBM3 (80 GiB), tensorflow"
    assert chosen.describe() == "bfloat16, 80 pictures at once, compiled by XLA"
    assert CPU.describe() == "CPU, tensorflow"
    assert RenderPlan().describe() == "float32, 8 pictures at once"


@pytest.fixture
def signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """NVIDIA's command, which tells of 16 GiB."""
    command = tmp_path / "nvidia-smi"
    command.write_text("#!/bin/sh\necho 16384\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    find_device.cache_clear()
    yield command
    find_device.cache_clear()


def test_a_gpu_is_one_that_the_framework_computes_on(
    signs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = Device("A2", adapter.FRAMEWORK, True, capability=8.6)
    monkeypatch.setattr(adapter, "gpu", lambda: ("A2", 8.6))
    assert find_device() == replace(gpu, memory=16 * GIB)
    signs.write_text("#!/bin/sh\necho No devices were found\nexit 6\n", encoding="utf-8")
    find_device.cache_clear()
    assert find_device() == gpu
    monkeypatch.setattr(adapter, "gpu", lambda: None)
    find_device.cache_clear()
    assert find_device() == Device("CPU", adapter.FRAMEWORK)


def test_without_signs_of_a_gpu_no_framework_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "gpu", lambda: pytest.fail("asked"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(device, "_SIGNS", ())
    find_device.cache_clear()
    assert find_device() == Device("CPU", adapter.FRAMEWORK)
    find_device.cache_clear()
