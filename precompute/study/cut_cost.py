"""What a cut network with its head costs: parameters and operations, and time on this machine."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import fold
from diamond_cutter.precompute.backbones.graph.network_cost import (
    FLOAT,
    count_bytes,
    count_gflops,
    count_parameters,
)
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf
from diamond_cutter.precompute.jobs.kept_speeds import describe_processor
from diamond_cutter.precompute.stores.study.study_layout import Cost

BATCH = 8
BATCH_ON_GPU = 32
SINGLE_ROUNDS = 4
BATCH_ROUNDS = 3
"""Few: all cuts of EfficientNet-Lite0 take some ten seconds so, on two cores, half to compile."""


@dataclass(frozen=True)
class Latency:
    """Seconds a photo, from prepared pixels to pooled activations.

    `single`: of one photo alone; `batched`: of a photo in a batch of `batch`.
    """

    single: float
    batched: float
    batch: int


def describe_machine() -> str:
    """What latency depends on: processor, cores that this process may use, GPU, TensorFlow."""
    parts = [describe_processor()]
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        parts.append(details.get("device_name", "GPU"))
    return ", ".join([*parts, f"TensorFlow {tf.__version__}"])


def measure_latency(backbone: Backbone, cuts: Sequence[str]) -> dict[str, Latency]:
    """The latency of the networks up to some cuts, BatchNorm folded, each a compiled function.

    Medians over rounds in which every cut has its turn, so that what else the machine does meets
    all of them; TensorFlow has the threads that it takes by default. Pooling is the average.
    """
    batch = BATCH_ON_GPU if tf.config.list_physical_devices("GPU") else BATCH
    functions = _functions(backbone, cuts)
    side = backbone.input_size
    photos = np.random.default_rng(0).random((batch, side, side, 3), dtype=np.float32)
    _rounds(functions, tf.constant(photos[:1]), 1)  # compiles
    single = _rounds(functions, tf.constant(photos[:1]), SINGLE_ROUNDS)
    batched = _rounds(functions, tf.constant(photos), BATCH_ROUNDS)
    return {cut: Latency(single[cut], batched[cut] / batch, batch) for cut in cuts}


def find_latency(backbone: Backbone, cuts: Sequence[str], folder: Path) -> dict[str, Latency]:
    """As `measure_latency`; what is kept in `folder` of this network and machine is not measured.

    Weights do not matter. A file that cannot be read counts as none.
    """
    file = folder / f"{backbone.name}.json"
    key = {
        "machine": describe_machine(),
        "network": sha256(backbone.model.to_json().encode()).hexdigest(),
    }
    found = _read(file, key)
    missing = [cut for cut in cuts if cut not in found]
    if missing:
        found |= measure_latency(backbone, missing)
        content = {**key, "cuts": unstructure(found)}
        folder.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_text(json.dumps(content, indent=2), encoding="utf-8")
        beside.replace(file)
    return {cut: found[cut] for cut in cuts}


def known_latencies(name: str, folder: Path) -> set[str]:
    """The cuts of a backbone whose latency is kept, of this processor; TensorFlow is not asked."""
    try:
        content = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        is_ours = content["machine"].startswith(describe_processor())
        return set(content["cuts"]) if is_ours else set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _read(file: Path, key: dict[str, str]) -> dict[str, Latency]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if all(content[name] == value for name, value in key.items()):
            return structure(content["cuts"], dict[str, Latency])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _functions(backbone: Backbone, cuts: Sequence[str]) -> dict[str, Any]:
    network = fold(backbone, cuts)
    side = backbone.input_size
    signature = [tf.TensorSpec((None, side, side, 3), tf.float32)]
    functions = {}
    photo = keras.Input(network.input.shape[1:], name="photo")
    for cut, activation in zip(cuts, keras.tree.flatten(network.outputs), strict=True):
        part = keras.Model(network.inputs, activation)  # its layers may have any names
        model = keras.Model(photo, keras.layers.GlobalAveragePooling2D()(part(photo)))
        functions[cut] = tf.function(model, input_signature=signature)
    return functions


def _rounds(functions: dict[str, Any], photos: Any, rounds: int) -> dict[str, float]:
    """The median of the seconds that each function takes."""
    seconds: dict[str, list[float]] = {cut: [] for cut in functions}
    for _ in range(rounds):
        for cut, function in functions.items():
            start = time.perf_counter()
            function(photos).numpy()
            seconds[cut].append(time.perf_counter() - start)
    return {cut: median(times) for cut, times in seconds.items()}


def find_cost(
    backbone: Backbone,
    cut: str,
    head: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
    latency: Latency,
) -> Cost:
    """The cost of the network up to `cut` and the dense layers of its head, (D, U) and (U,) each.

    Parameters as publications count them: those of BatchNorm too, which `bytes` has folded away.
    """
    graph = backbone.graph
    products = sum(weight.size for weight, _ in head)
    numbers = products + sum(bias.size for _, bias in head)
    return Cost(
        parameters=count_parameters(graph, cut) + numbers,
        gflops=count_gflops(graph, backbone.input_size, cut) + 2 * products / 1e9,
        bytes=count_bytes(graph, cut) + FLOAT * numbers,
        latency=latency.single,
        batch_latency=latency.batched,
        batch=latency.batch,
    )
