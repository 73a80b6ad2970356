"""A graph that takes whole numbers, 0..255, made to take floats, so that gradients pass through."""

from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import tf

PASSING = frozenset(
    ["ExpandDims", "Identity", "Pad", "PadV2", "Reshape", "ReverseV2", "Squeeze", "StridedSlice"]
) | frozenset(["ResizeArea", "ResizeBicubic", "ResizeBilinear", "Transpose"])
"""Operations that do to floats what they do to whole numbers."""


def take_floats(definition: Any, source: str) -> bool:
    """Let the input `source` of a GraphDef, and what reads it up to a cast, be of float32.

    False where something else is done to the whole numbers: then the definition is of no use.
    """
    floats = tf.float32.as_datatype_enum
    left = [source]
    while left:
        name = left.pop()
        for node in definition.node:
            if node.name == name and node.op == "Placeholder":
                node.attr["dtype"].type = floats
            if not any(each.partition(":")[0] == name for each in node.input):
                continue
            if node.op == "Cast":
                node.attr["SrcT"].type = floats
            elif node.op in PASSING:
                node.attr["T"].type = floats
                if not node.op.startswith("Resize"):  # which gives floats in any case
                    left.append(node.name)
            else:
                return False
    return True
