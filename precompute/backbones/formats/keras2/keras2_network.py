"""A network that Keras 2 wrote, built again of today's layers and operations.

Keras 3 reads the files of Keras 2 only in part. Here their description is followed layer by layer:
a network inside a network is laid out flat, and every layer keeps its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diamond_cutter.precompute.backbones.formats.keras2.keras2_layers import (
    PASSED_OVER,
    Keras2Error,
    make_layer,
    own_nonlinearity,
)
from diamond_cutter.precompute.backbones.formats.keras2.keras2_names import (
    Names,
    is_tensor,
    named,
)
from diamond_cutter.precompute.backbones.formats.keras2.keras2_operations import OPERATIONS
from diamond_cutter.precompute.backbones.keras_runtime import keras

NETWORKS = frozenset(["Functional", "Model", "Sequential"])
NONLINEARITIES = frozenset(["Activation", "ThresholdedReLU"])
"""Layers that are nothing else."""

CONSTANT = "_CONSTANT_VALUE"
"""Stands in place of a tensor's name where a function is first given a number."""


@dataclass(frozen=True)
class Keras2Network:
    """`model`: a functional `keras.Model`; `parts`: of the file's network, in its order."""

    model: Any
    parts: list["Part"]


@dataclass(frozen=True)
class Part:
    """What an entry of a network became.

    `kind`: its class. `layers`: those made of it, of all entries where it is a network, whose
    `parts` they are.
    """

    kind: str
    layers: list[Any]
    parts: list["Part"]


def build_keras2(config: Any) -> Keras2Network:
    """The network of a description as Keras 2 writes it, with weights that are still to come.

    Raises `Keras2Error` for what can't be made of today's layers, and `KeyError`, `TypeError`,
    `ValueError` or `IndexError` for a description that makes no sense.
    """
    names = Names()
    network = _Network(config, names)
    inputs = network.make_inputs()
    outputs = network.call(inputs, {})
    model = keras.Model(_single(inputs), _single(outputs))
    return Keras2Network(model, network.described())


class _Layer:
    """A layer, and the nonlinearity after it where today's of that name is another one."""

    def __init__(self, entry: Any, names: Names) -> None:
        kind, settings = entry["class_name"], entry["config"]
        name = str(entry.get("name") or settings["name"])
        self._names, self._name = names, name
        self._after = own_nonlinearity(kind, settings)
        self.layers: list[Any] = []
        if self._after is not None and kind not in NONLINEARITIES:
            settings, self._name = {**settings, "activation": "linear"}, f"{name}_activation"
        if kind not in PASSED_OVER and (self._after is None or kind not in NONLINEARITIES):
            self.layers = [make_layer(kind, settings, names.give(name))]

    def call(self, arguments: Sequence[Any], options: dict[str, Any]) -> list[Any]:
        result = arguments[0]
        for layer in self.layers:
            result = layer(*arguments, **options)
        if self._after is not None:
            result = named(self._after(result), [result], self._name, self._names)
        return list(keras.tree.flatten(result))


class _Operation:
    """A function of TensorFlow, by name."""

    layers: tuple[Any, ...] = ()

    def __init__(self, entry: Any, names: Names) -> None:
        self._function, self._names = str(entry["config"]["function"]), names
        self._name = str(entry.get("name") or entry["config"]["name"])
        if self._function not in OPERATIONS:
            raise Keras2Error(f"the function tf.{self._function} ({self._name!r})")

    def call(self, arguments: Sequence[Any], options: dict[str, Any]) -> list[Any]:
        options = {key: value for key, value in options.items() if key != "name"}
        try:
            result = OPERATIONS[self._function](*arguments, **options)
        except TypeError as error:
            raise Keras2Error(f"tf.{self._function} ({self._name!r}) with {error}") from error
        tensors = [each for each in keras.tree.flatten((arguments, options)) if is_tensor(each)]
        result = named(result, tensors, self._name, self._names)
        is_list = any(map(is_tensor, keras.tree.flatten(result)))  # and not a shape
        return list(keras.tree.flatten(result)) if is_list else [result]


class _Network:
    """The parts of a functional or sequential network, by name, and how they are joined."""

    def __init__(self, entry: Any, names: Names) -> None:
        settings = entry["config"]
        if isinstance(settings, list):  # of a Sequential, before 2.2
            settings = {"layers": settings}
        self._is_sequential = entry["class_name"] == "Sequential"
        self._settings = settings
        self._entries: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}
        for each in settings["layers"]:
            name = str(each.get("name") or each["config"].get("name", len(self._entries)))
            self._entries[name] = each
            if each["class_name"] != "InputLayer":
                self.parts[name] = _part(each, names)
        self._names = names

    @property
    def layers(self) -> list[Any]:
        return [layer for part in self.parts.values() for layer in part.layers]

    def described(self) -> list[Part]:
        """The parts, as those know them who fill them with weights."""
        return [
            Part(
                str(self._entries[name]["class_name"]),
                list(part.layers),
                part.described() if isinstance(part, _Network) else [],
            )
            for name, part in self.parts.items()
        ]

    def make_inputs(self) -> list[Any]:
        """A symbolic tensor for each of the network's inputs."""
        return [
            keras.Input(
                batch_shape=settings.get("batch_input_shape") or settings["batch_shape"],
                dtype=settings.get("dtype"),
                name=self._names.give(str(settings.get("name", "input"))),
            )
            for settings in self._inputs()
        ]

    def call(self, arguments: Sequence[Any], _options: dict[str, Any]) -> list[Any]:
        """What the network makes of its inputs: a list of tensors."""
        given = keras.tree.flatten(list(arguments))
        if self._is_sequential:
            for part in self.parts.values():
                given = part.call(given, {})
            return list(given)
        inputs = [place[0] for place in _places(self._settings["input_layers"])]
        made: dict[str, list[list[Any]]] = {
            name: [[tensor]] for name, tensor in zip(inputs, given, strict=True)
        }
        waiting = [
            (name, call)
            for name, entry in self._entries.items()
            if name in self.parts
            for call in entry["inbound_nodes"]
        ]
        while waiting:
            left: list[tuple[str, Any]] = []
            for name, call in waiting:
                if any(before == name for before, _ in left):  # calls are numbered in order
                    left.append((name, call))
                    continue
                try:
                    arguments, options = self._read(call, made)
                except IndexError:  # reads what comes later in the list
                    left.append((name, call))
                    continue
                made.setdefault(name, []).append(self.parts[name].call(arguments, options))
            if len(left) == len(waiting):
                raise Keras2Error(f"{left[0][0]!r}, which reads what is not there")
            waiting = left
        return [self._find(made, *place) for place in _places(self._settings["output_layers"])]

    def _inputs(self) -> list[Any]:
        """The settings of what stands for the network's inputs."""
        if not self._is_sequential:
            places = _places(self._settings["input_layers"])
            return [self._entries[name]["config"] for name, *_ in places]
        first = next(iter(self._entries.values()))
        settings = first["config"]
        if first["class_name"] in NETWORKS:
            return list(next(iter(self.parts.values()))._inputs())
        if settings.get("batch_input_shape") or settings.get("batch_shape"):
            return [settings | {"name": f"{settings['name']}_input"}]
        return [{"batch_shape": self._settings["build_input_shape"]}]

    def _read(self, call: Any, made: dict[str, list[list[Any]]]) -> tuple[Any, dict[str, Any]]:
        """The arguments of a call; an `IndexError` where they are not made yet."""
        options: dict[str, Any] = {}

        def tensors(value: Any) -> Any:
            if _is_reference(value):
                options.update(value[3] if len(value) > 3 else {})
                return value[2] if value[0] == CONSTANT else self._find(made, *value[:3])
            if isinstance(value, dict):
                return {key: tensors(each) for key, each in value.items()}
            return [tensors(each) for each in value]

        found = tensors(call)
        if isinstance(found, list) and len(found) == 1:
            (found,) = found
        if options.get("training"):
            raise Keras2Error("a layer that is called as in training, whatever it is asked for")
        return (found,), {
            key: self._option(value, made)
            for key, value in options.items()
            if key != "training" and not (key == "mask" and value is None)
        }

    def _option(self, value: Any, made: dict[str, list[list[Any]]]) -> Any:
        if isinstance(value, list):
            if len(value) == 3 and value[0] in list(self._entries):
                return self._find(made, *value)
            values = [self._option(each, made) for each in value]
            return np.asarray(values, np.float32) if _is_floats(values) else values
        return value

    def _find(self, made: dict[str, list[list[Any]]], name: str, index: int, place: int) -> Any:
        """A tensor of a call; that of a network on its own input is the first that Keras counts."""
        entry = self._entries[name]
        calls = entry.get("inbound_nodes") or [None]
        first = 1 if entry["class_name"] in NETWORKS else 0
        return made.get(name, [])[0 if len(calls) == 1 else index - first][place]


def _part(entry: Any, names: Names) -> Any:
    if entry["class_name"] in NETWORKS:
        return _Network(entry, names)
    is_operation = entry["class_name"] in ("TFOpLambda", "SlicingOpLambda")
    return _Operation(entry, names) if is_operation else _Layer(entry, names)


def _is_reference(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


def _places(config: Any) -> list[tuple[str, int, int]]:
    """The (name, number of call, number of tensor) of tensors, however they are nested."""
    if _is_reference(config):
        return [tuple(config[:3])]
    nested = config.values() if isinstance(config, dict) else config
    return [place for value in nested for place in _places(value)]


def _is_floats(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(each, float) for each in values)


def _single(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
