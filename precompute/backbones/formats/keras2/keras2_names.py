"""Names of layers and operations, each its own, as near to the file's as Keras allows."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from diamond_cutter.precompute.backbones.keras_runtime import keras


class Names:
    """Those that were given."""

    def __init__(self) -> None:
        """Begin with none."""
        self._given: set[str] = set()

    def give(self, name: str) -> str:
        """A name that was not given before, and that can be part of an address."""
        name = name.replace("/", ".")
        unique = next(each for each in _numbered(name) if each not in self._given)
        self._given.add(unique)
        return unique


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(1))


def is_tensor(value: Any) -> bool:
    """Whether a value is symbolic."""
    return isinstance(value, keras.KerasTensor)


def named(result: Any, sources: Sequence[Any], name: str, names: Names) -> Any:
    """`result`, with a name of its own for each operation that makes it of `sources`.

    Keras numbers operations through the whole process, so that two might have one name.
    """
    known = {id(each) for each in sources}
    left = [each for each in keras.tree.flatten(result) if is_tensor(each)]
    while left:
        tensor = left.pop(0)
        if id(tensor) in known:
            continue
        operation, index, _ = tensor._keras_history
        outputs = operation._inbound_nodes[index].output_tensors
        known.update(id(each) for each in outputs)
        operation.name = names.give(name)
        left.extend(operation._inbound_nodes[index].input_tensors)
    return result
