"""A layer of Keras 2 made of today's: what it is called with, less what has no meaning now."""

import inspect
from collections.abc import Mapping
from typing import Any

from diamond_cutter.precompute.backbones.formats.keras2.keras2_operations import hard_sigmoid
from diamond_cutter.precompute.backbones.keras_runtime import keras

RENAMED_CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
}
PASSED_OVER = frozenset(
    [
        "RandomBrightness",
        "RandomContrast",
        "RandomFlip",
        "RandomHeight",
        "RandomRotation",
        "RandomTranslation",
        "RandomWidth",
        "RandomZoom",
        "StochasticDepth",
    ]
)
"""What does nothing at inference."""

TRAINED_WITH = ("_constraint", "_initializer", "_regularizer")
"""Ends of the names of settings that only count in training."""

NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "adjustment": (None,),
    "batch_input_shape": (),
    "fused": (),
    "groups": (1,),
    "implementation": (),
    "key_shape": (),
    "noise_shape": (None,),
    "output_padding": (None,),
    "query_shape": (),
    "ragged": (False,),
    "renorm": (False,),
    "rng_type": (),
    "seed": (),
    "softmax_robust_masking": (),
    "sparse": (False,),
    "time_major": (False,),
    "trainable": (),
    "value_shape": (),
    "virtual_batch_size": (None,),
}
"""Settings that today's layers lack, and the values at which they change nothing; none: any."""


class Keras2Error(ValueError):
    """What today's Keras has nothing for, in words that follow "got"."""


def make_layer(class_name: str, given: Mapping[str, Any], name: str) -> Any:
    """A layer of Keras of that class and name, not built. Raises `Keras2Error`."""
    kind = RENAMED_CLASSES.get(class_name, class_name)
    made, given = _class_of(kind, given)
    if not (inspect.isclass(made) and issubclass(made, keras.layers.Layer)):
        raise Keras2Error(f"a layer {class_name} ({name!r})")
    known = inspect.signature(made.__init__).parameters
    settings: dict[str, Any] = {"name": name}
    for key, value in given.items():
        if key == "name" or key == "activity_regularizer" or key.endswith(TRAINED_WITH):
            continue
        if key == "alpha" and kind == "LeakyReLU":
            settings["negative_slope"] = value
        elif key in known or ("kwargs" in known and key in ("dtype", "trainable")):
            settings[key] = _setting(key, value, name)
        elif key not in NEUTRAL or (NEUTRAL[key] and value not in NEUTRAL[key]):
            raise Keras2Error(f"{key} = {value!r} in the {class_name} {name!r}")
    try:
        return made(**settings)
    except Exception as error:  # Keras raises what it meets
        cause = " ".join(str(error).split())
        raise Keras2Error(f"a {class_name} {name!r} with {cause}") from error


def _class_of(kind: str, given: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
    """Today's layer for one of that name, and its settings; None where there is none."""
    applications = keras.src.applications
    if kind == "LayerScale":  # ConvNeXt's, which brings it with it
        return applications.convnext.LayerScale, given
    if kind.removeprefix("Custom>") in ("CustomScaleLayer", "Lambda"):  # as `is_scaled_sum` has it
        scale = given.get("arguments", given)["scale"]
        return applications.inception_resnet_v2.CustomScaleLayer, {"scale": scale}
    if kind == "RandomCrop":  # at inference the whole photo is made as large
        return keras.layers.Resizing, {**given, "crop_to_aspect_ratio": True}
    return getattr(keras.layers, kind, None), given


def own_nonlinearity(class_name: str, settings: Mapping[str, Any]) -> Any:
    """The function of a layer's nonlinearity where today's of that name is another one; or None."""
    if class_name == "ThresholdedReLU":
        limit = float(settings["theta"])
        return lambda x: keras.ops.where(x > limit, x, 0.0)
    if settings.get("activation") != "hard_sigmoid":
        return None
    return hard_sigmoid


def _setting(key: str, value: Any, name: str) -> Any:
    if key == "dtype" and isinstance(value, dict):  # a policy, such as mixed_float16
        return value["config"]["name"]
    if key in ("layer", "backward_layer") and isinstance(value, dict):  # of a wrapper
        settings = value["config"]
        return make_layer(value["class_name"], settings, settings.get("name", f"{name}_{key}"))
    if key == "axis" and isinstance(value, list) and len(value) == 1:
        return value[0]
    if key == "recurrent_activation" and value == "hard_sigmoid":
        raise Keras2Error(f"{key} = {value!r} in {name!r}, which is another function now")
    if isinstance(value, dict) and isinstance(value.get("class_name"), str):
        inner = value.get("config")
        return inner if isinstance(inner, str) else value  # a function's name
    return value
