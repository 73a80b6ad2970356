"""What differs between the frameworks that Keras runs on: gradient, compilation, the device."""

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.keras_runtime import keras

FRAMEWORK = keras.backend.backend()

if FRAMEWORK == "tensorflow":
    from diamond_cutter.precompute.rendering.backend.tensorflow_adapter import (
        compiled,
        gpu,
        gradient,
    )
elif FRAMEWORK == "jax":
    from diamond_cutter.precompute.rendering.backend.jax_adapter import compiled, gpu, gradient
else:
    raise UserError(
        f"KERAS_BACKEND: expected tensorflow or jax to render with, got {FRAMEWORK!r}; "
        "leave it unset"
    )

__all__ = ["FRAMEWORK", "compiled", "gpu", "gradient"]
