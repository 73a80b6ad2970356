"""Gradient and compilation in TensorFlow."""

from collections.abc import Callable
from typing import Any

from diamond_cutter.precompute.runtime import tf


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as a graph, traced at the first call with arguments of these shapes."""
    graph = tf.function(function, autograph=False)

    def called(*arguments: Any) -> Any:
        return graph(*tf.nest.map_structure(tf.convert_to_tensor, arguments))

    return called


def gradient(function: Callable[..., Any], variables: list[Any]) -> list[Any]:
    """The gradient of the scalar `function(*variables)` with respect to each variable."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        value = function(*variables)
    return list(tape.gradient(value, variables))
