"""Gradient and compilation in JAX."""

from collections.abc import Callable
from typing import Any

import jax


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled by XLA, at its first call; all calls have the same shapes."""
    made: Callable[..., Any] = jax.jit(function)
    return made


def gradient(function: Callable[..., Any], variables: list[Any]) -> list[Any]:
    """The gradient of the scalar `function(*variables)` with respect to each variable."""
    return list(jax.grad(function, argnums=tuple(range(len(variables))))(*variables))
