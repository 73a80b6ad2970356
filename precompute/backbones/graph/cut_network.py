"""A backbone truncated at layers: only what they need, BatchNorm folded."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.convolution_blocks import (
    ends_of,
    is_activation,
    joins_channels,
    passes_nonlinearities,
)
from diamond_cutter.precompute.backbones.graph.cut_verification import (
    activations,
    check_copy,
    noise,
)
from diamond_cutter.precompute.backbones.graph.frozen_graph import FrozenGraph, Sides
from diamond_cutter.precompute.backbones.graph.network_copy import rebuild
from diamond_cutter.precompute.backbones.graph.network_graph import Graph, GraphError
from diamond_cutter.precompute.backbones.graph.other_sizes import takes_one_size
from diamond_cutter.precompute.backbones.keras_runtime import keras


def truncate(
    backbone: Backbone, layer_name: str, *, pre_activation: bool = True, size: int | None = None
) -> Any:
    """The network up to a layer: a new `keras.Model` that shares nothing with the backbone.

    Float32 RGB 0..1 (N, H, W, 3) to the layer's activation (N, h, w, C), or, with
    `pre_activation`, to what the layer's own nonlinearity is applied to (the activation itself
    where the layer has none), or those of what it only joins or pools, as `ends_of` has it. The
    preprocessing stays in front: the zeros that convolutions pad with come after it, so that
    folding it into the first convolution would change the borders.

    A BatchNorm that alone reads a convolution is folded into it: equal but for rounding.
    `size`: the only H and W to be taken, the input size; then all layers are Keras's own.
    Raises `UserError` for a name that is not one of the backbone's layers.
    """
    target = backbone.layer(layer_name).name
    source, [output] = _outputs(backbone, [target], size, pre_activation=pre_activation)
    return keras.Model(source, output, name=f"{backbone.name}_{target}")


def truncate_at(backbone: Backbone, name: str, *, size: Sides = None) -> Any:
    """The network up to any tensor of its graph, by the name of what makes it; as `truncate`."""
    source, values = checked(backbone, [name], size=size)
    return keras.Model(source, values[name], name=f"{backbone.name}_{name}")


def fold(backbone: Backbone, layer_names: Sequence[str], *, pre_activation: bool = False) -> Any:
    """The network up to several layers at once: as `truncate`, with a list of activations."""
    names = [backbone.layer(name).name for name in layer_names]
    source, outputs = _outputs(backbone, names, None, pre_activation=pre_activation)
    return keras.Model(source, outputs, name=backbone.name)


def between(
    backbone: Backbone, layer_name: str, cut_name: str, *, pre_activation: bool = False
) -> Any:
    """The network from a layer to a deeper one: from (N, h, w, C) to (N, h', w', C').

    `pre_activation`: of the deeper one, as `truncate` has it.
    Raises `UserError` for a name that is not one of the backbone's layers, and for a layer that is
    no cut: past it the signal takes other ways as well.
    """
    layer = backbone.layer(layer_name)
    if not layer.is_cut:
        raise UserError(
            f"{backbone.name}: expected a cut, through which the whole signal passes, got layer "
            f"{layer_name!r}; name a cut (`diamond layers {backbone.name}` lists them)"
        )
    target = backbone.layer(cut_name).name
    source, [output] = _outputs(
        backbone, [target], None, pre_activation=pre_activation, start=layer.name
    )
    return keras.Model(source, output, name=f"{backbone.name}_{layer.name}_{target}")


def checked(
    backbone: Backbone,
    targets: Sequence[str],
    linear: Set[str] = frozenset(),
    start: str | None = None,
    size: Sides = None,
) -> tuple[Any, dict[str, Any]]:
    """The input and the tensors, by name, of a new network; compared with the backbone at first.

    As `rebuild`, from the node `start` on, a cut, where one is named. What takes one size alone
    (a reshaping, a slope for each place) gets it: photos of another are resized in front of it.

    Raises `UserError` where the copy gives something else. A frozen graph is cut by TensorFlow,
    and nothing of it is copied.
    """
    graph, own = backbone.graph, backbone.sides
    wanted = size if isinstance(size, tuple) else (size, size)
    is_of_one_size = (start is not None or wanted != own) and takes_one_size(backbone, targets)
    if is_of_one_size and start is None:
        return _resized(backbone, targets, linear, wanted)
    sides = graph.nodes[start].shape[1:3] if is_of_one_size and start else size
    try:
        source, values = _begun(graph, targets, linear, start, sides)
    except GraphError as error:
        if is_of_one_size or wanted == own:
            raise UserError(
                f"{backbone.name}: expected layers that can be copied up to {targets[-1]!r}, got "
                f"{error}; put other layers of Keras in its place"
            ) from error
        backbone.of_one_size.update(dict.fromkeys(targets, True))
        return checked(backbone, targets, linear, start, size)
    made = (*targets, *sorted(linear), start, size)
    if made in backbone.compared or isinstance(graph, FrozenGraph):
        return source, values
    first, node = next(iter(graph.nodes.items()))
    height, width = wanted
    begun = {first: noise((height or own[0], width or own[1]), node.shape[-1] or 3)}
    if start is not None:
        begun = dict(zip([start], activations(graph, begun, [start]), strict=True))
    check_copy(backbone.name, graph, begun, source, values, targets, linear)
    backbone.compared.add(made)
    return source, values


def _resized(
    backbone: Backbone, targets: Sequence[str], linear: Set[str], sides: tuple[int | None, ...]
) -> tuple[Any, dict[str, Any]]:
    """As `checked` for photos of `sides`, which are resized to the backbone's."""
    source, values = checked(backbone, targets, linear, size=backbone.sides)
    network = keras.Model(source, [values[name] for name in targets], name="of_one_size")
    photo = keras.Input((*sides, source.shape[-1]), name=source.name)
    results = network(keras.layers.Resizing(*backbone.sides, name="to_its_size")(photo))
    return photo, dict(zip(targets, keras.tree.flatten(results), strict=True))


def _begun(
    graph: Graph, targets: Sequence[str], linear: Set[str], start: str | None, size: Any
) -> tuple[Any, dict[str, Any]]:
    """As `rebuild`, with an input of `size` in place of what `start` gives."""
    if start is None:
        return rebuild(graph, targets, linear, {}, size)
    node = graph.nodes[start]
    sides = (None, None) if size is None else size
    source = value = keras.Input((*sides, node.shape[-1]), name=f"{start}_given")
    dtype = getattr(node.layer, "compute_dtype", "float32")
    if dtype != "float32":
        value = keras.layers.Identity(dtype=dtype, name=f"{start}_{dtype}")(value)
    return source, rebuild(graph, targets, linear, {start: value})[1]


def _outputs(
    backbone: Backbone,
    names: Sequence[str],
    size: int | None,
    *,
    pre_activation: bool,
    start: str | None = None,
) -> tuple[Any, list[Any]]:
    """The input of a new network, and its tensors of these names, as `truncate` has them.

    `start`: the cut that it goes on from.
    """
    if not pre_activation:
        source, values = checked(backbone, names, start=start, size=size)
        return source, [values[name] for name in names]
    graph = backbone.graph
    ends = list(dict.fromkeys(end for name in names for end in ends_of(graph, name)))
    source, values = checked(backbone, ends, set(ends), start=start, size=size)
    joined: dict[str, Any] = {}
    return source, [_passed_on(graph, name, values, joined) for name in names]


def _passed_on(graph: Graph, name: str, values: Mapping[str, Any], joined: dict[str, Any]) -> Any:
    """What a node gives without the nonlinearities at its end; `values`: of `ends_of(name)`.

    `joined`: what was made so before, by name, to be read again.
    """
    node = graph.nodes[name]
    if is_activation(node):
        return values[node.inputs[0]]
    if not passes_nonlinearities(graph, name):
        return values[name]
    if name not in joined:
        parts = [_passed_on(graph, source, values, joined) for source in node.inputs]
        again = f"{name}_before"  # beside the one that others read
        if joins_channels(graph, name):
            joined[name] = keras.layers.Concatenate(name=again)(parts)
        else:
            config = {**node.layer.get_config(), "name": again, "dtype": "float32"}
            joined[name] = type(node.layer).from_config(config)(*parts)
    return joined[name]
