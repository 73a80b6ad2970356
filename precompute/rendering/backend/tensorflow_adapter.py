"""Gradient, compilation and the device in TensorFlow."""

from collections.abc import Callable
from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import tf


def compiled(function: Callable[..., Any], *, xla: bool = False) -> Callable[..., Any]:
    """The function as a graph, traced at the first call with arguments of these shapes.

    xla: whether the graph is compiled, too.
    """
    graph = tf.function(function, autograph=False, jit_compile=xla)

    def called(*arguments: Any) -> Any:
        return graph(*tf.nest.map_structure(tf.convert_to_tensor, arguments))

    return called


def gradient(function: Callable[..., Any], variables: list[Any]) -> list[Any]:
    """The gradient of the scalar `function(*variables)` with respect to each variable."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        value = function(*variables)
    return list(tape.gradient(value, variables))


def gpu() -> tuple[str, float | None] | None:
    """Name and capability of CUDA of the GPU that TensorFlow computes on; None if on the CPU."""
    found = tf.config.get_visible_devices("GPU")
    if not found:
        return None
    details = tf.config.experimental.get_device_details(found[0])
    capability = details.get("compute_capability")
    return str(details.get("device_name", "GPU")), float(
        "{}.{}".format(*capability)
    ) if capability else None
