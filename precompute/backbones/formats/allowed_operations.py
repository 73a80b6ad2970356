"""The operations of TensorFlow that a graph of the user's may hold: what a CNN computes with.

A graph is a program: others of TensorFlow's operations read and write files, or run Python.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.keras_runtime import parse_saved_model

ALLOWED = frozenset([
    "Abs", "Add", "AddN", "AddV2", "AdjustContrastv2", "AdjustHue", "AdjustSaturation", "All",
    "Any", "ArgMax", "ArgMin", "Assert", "AssignAddVariableOp", "AssignSubVariableOp",
    "AssignVariableOp", "Atan", "Atan2", "AvgPool", "BatchMatMul", "BatchMatMulV2",
    "BatchMatMulV3", "BatchNormWithGlobalNormalization", "BatchToSpaceND", "BiasAdd",
    "BiasAddV1", "Bitcast", "BroadcastArgs", "BroadcastTo", "Case", "Cast", "Ceil",
    "ClipByValue", "Concat", "ConcatOffset", "ConcatV2", "Const", "Conv2D",
    "Conv2DBackpropInput", "Cos", "CropAndResize", "Cumsum", "DecodeJpeg", "DepthToSpace",
    "DepthwiseConv2dNative", "Dilation2D", "DisableCopyOnRead", "Div", "DivNoNan", "Einsum",
    "Elu", "Equal", "Erf", "Erfc", "Exp", "ExpandDims", "Expm1", "ExtractImagePatches",
    "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel",
    "Fill", "Floor", "FloorDiv", "FloorMod", "FusedBatchNorm", "FusedBatchNormV2",
    "FusedBatchNormV3", "Gather", "GatherNd", "GatherV2", "Greater", "GreaterEqual", "HSVToRGB",
    "Identity", "IdentityN", "If", "ImageProjectiveTransformV2", "ImageProjectiveTransformV3",
    "Inv", "InvertPermutation", "IsFinite", "IsNan", "L2Loss", "LRN", "LeakyRelu", "Less",
    "LessEqual", "LinSpace", "Log", "Log1p", "LogSoftmax", "LogicalAnd", "LogicalNot",
    "LogicalOr", "MatMul", "Max", "MaxPool", "MaxPoolV2", "Maximum", "Mean", "Merge", "Min",
    "Minimum", "MirrorPad", "Mod", "Mul", "MulNoNan", "Neg", "NoOp", "NotEqual", "OneHot",
    "OnesLike", "Pack", "Pad", "PadV2", "PartitionedCall", "Placeholder",
    "PlaceholderWithDefault", "Pow", "PreventGradient", "Prod", "RGBToHSV",
    "RandomStandardNormal", "RandomUniform", "RandomUniformInt", "Range", "Rank",
    "ReadVariableOp", "RealDiv", "Reciprocal", "Relu", "Relu6", "Reshape", "ResizeArea",
    "ResizeBicubic", "ResizeBilinear", "ResizeNearestNeighbor", "Reverse", "ReverseV2", "Rint",
    "RngReadAndSkip", "RngSkip", "Roll", "Round", "Rsqrt", "ScaleAndTranslate", "Select",
    "SelectV2", "Selu", "Shape", "ShapeN", "Sigmoid", "Sign", "Sin", "Size", "Slice",
    "Snapshot", "Softmax", "Softplus", "Softsign", "SpaceToBatchND", "SpaceToDepth", "Split",
    "SplitV", "Sqrt", "Square", "SquaredDifference", "Squeeze", "StatefulPartitionedCall",
    "StatelessCase", "StatelessIf", "StatelessRandomGetAlg", "StatelessRandomGetKeyCounter",
    "StatelessRandomGetKeyCounterAlg", "StatelessRandomNormalV2",
    "StatelessRandomUniformFullIntV2", "StatelessRandomUniformIntV2",
    "StatelessRandomUniformV2", "StatelessTruncatedNormalV2", "StatelessWhile", "StopGradient",
    "StridedSlice", "Sub", "Sum", "Switch", "Tan", "Tanh", "Tile", "TopK", "TopKV2",
    "Transpose", "TruncateDiv", "TruncatedNormal", "Unpack", "VarHandleOp",
    "VarIsInitializedOp", "Where", "While", "ZerosLike",
])  # fmt: skip
"""Variables may be written: they are the network's own, and end with it. Augmentation is allowed,
which stands in the functions that a SavedModel keeps for training."""


def check_graph_operations(path: Path, definition: Any) -> None:
    """Raise `UserError` for a GraphDef with an operation that a CNN does not need."""
    nodes = [*definition.node, *_nodes(definition.library.function)]
    own = {function.signature.name for function in definition.library.function}
    _check(path, nodes, own)


def check_saved_model(path: Path) -> None:
    """The same for a SavedModel that is not loaded yet: loading may run its initializers.

    What only saves and restores its variables is passed over, since nothing calls it here. Raises
    what TensorFlow raises for a folder that is none.
    """
    graphs = parse_saved_model(path).meta_graphs
    if len(graphs) != 1 or not graphs[0].HasField("object_graph_def"):  # all of it may run
        for graph in graphs:
            check_graph_operations(path, graph.graph_def)
        return
    functions = {each.signature.name: each for each in graphs[0].graph_def.library.function}
    left, found = list(graphs[0].object_graph_def.concrete_functions), set[str]()
    while left:
        name = left.pop()
        if name in functions and name not in found:
            found.add(name)
            left += [called for node in functions[name].node_def for called in _called(node)]
    _check(path, _nodes(functions[name] for name in sorted(found)), set(functions))


def _check(path: Path, nodes: Iterable[Any], own: set[str]) -> None:
    """`own`: the names of the file's functions, which may stand in place of an operation."""
    for node in nodes:
        if node.op not in ALLOWED and node.op not in own:
            raise UserError(
                f"{path}: expected operations that a CNN needs, got {node.op!r} ({node.name}), "
                "which may do more than compute; save the network without it"
            )


def _nodes(functions: Iterable[Any]) -> Iterator[Any]:
    return (node for function in functions for node in function.node_def)


def _called(node: Any) -> list[str]:
    """The functions that a node may call."""
    values = node.attr.values()
    listed = [each.name for value in values for each in value.list.func]
    return [node.op, *listed, *(value.func.name for value in values if value.func.name)]
