"""Gradient, compilation and the device in JAX."""

from collections.abc import Callable
from typing import Any

import jax


def compiled(function: Callable[..., Any], *, xla: bool = True) -> Callable[..., Any]:  # noqa: ARG001
    """The function compiled by XLA, at its first call with arguments of these shapes."""
    made: Callable[..., Any] = jax.jit(function)
    return made


def gradient(function: Callable[..., Any], variables: list[Any]) -> list[Any]:
    """The gradient of the scalar `function(*variables)` with respect to each variable."""
    return list(jax.grad(function, argnums=tuple(range(len(variables))))(*variables))


def gpu() -> tuple[str, float | None] | None:
    """Name and capability of CUDA of the GPU that JAX computes on; None if on another device."""
    device = jax.devices()[0]
    if device.platform not in ("gpu", "cuda", "rocm"):
        return None
    capability = str(getattr(device, "compute_capability", ""))
    of_cuda = capability.replace(".", "", 1).isdigit()
    return device.device_kind, float(capability) if of_cuda else None
