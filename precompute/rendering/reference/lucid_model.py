"""A network as a model of Lucid's: with its weights as constants."""

from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.rendering.reference.lucid_compatibility import import_lucid


def lucid_model(network: Any, side: int) -> tuple[Any, str]:
    """What Lucid renders with, for pictures of `side` pixels, and the name of its output.

    network: float32 RGB 0..1 (B, H, W, 3) to what is read. Raises `UserError` where Lucid is not
    installed.
    """
    weights = [
        [variable.numpy() for variable in variables]
        for variables in (network.trainable_variables, network.non_trainable_variables)
    ]

    def frozen(image: Any) -> Any:
        constants = tf.nest.map_structure(tf.constant, weights)
        return network.stateless_call(*constants, image)[0]

    image = tf.TensorSpec((None, None, None, 3), tf.float32)
    graph = tf.function(frozen, autograph=False).get_concrete_function(image)
    model = type(
        "Frozen",
        (import_lucid("lucid.modelzoo.vision_base").Model,),
        {
            "_graph_def": graph.graph.as_graph_def(),
            "image_value_range": (0, 1),
            "image_shape": [side, side, 3],
            "input_name": graph.inputs[0].op.name,
            "layers": [],
        },
    )
    return model(), graph.outputs[0].name
