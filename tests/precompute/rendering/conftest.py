import numpy as np
import pytest

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model


@pytest.fixture(scope="session")
def tiny() -> Backbone:
    """A network with random weights and three classes; quick on any framework."""
    layers = keras.layers
    image = keras.Input((None, None, 3), name="image")
    values = layers.Rescaling(4.0, offset=-2.0, name="scale")(image)
    for name, channels in (("block1", 8), ("block2", 12)):
        values = layers.Conv2D(channels, 3, 2, "same", use_bias=False, name=f"{name}_conv")(values)
        values = layers.BatchNormalization(name=f"{name}_bn")(values)
        values = layers.ReLU(6.0, name=f"{name}_relu")(values)
    values = layers.GlobalAveragePooling2D(name="pool")(values)
    model = keras.Model(image, layers.Dense(3, name="logits")(values))
    generator = np.random.default_rng(0)
    model.set_weights(
        [
            np.abs(generator.normal(0.5, 0.1, weight.shape)) if len(weight.shape) == 1
            else generator.normal(0, 0.3, weight.shape)
            for weight in model.get_weights()
        ]
    )  # fmt: skip
    info = Model("tiny", "random", "Tiny", 32, None, None, None)
    return Backbone.of(model, info, ("a", "b", "c"))
