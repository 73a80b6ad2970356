"""Names of the functions in a SavedModel that the same network always has.

TensorFlow numbers functions through the whole process, and writes them in no order.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

NUMBERED = re.compile(r"(__(?:forward|inference|backward)_.+_)(\d+)")

USER_NAME = "_user_specified_name"
"""Of an argument: of a variable it is a number, too."""


def settle_function_names(saved_model: Any) -> None:
    """Number the functions of each name from nought, as they were made, and put them in order.

    `saved_model`: the message, with one graph in it; it is changed.
    """
    [graph] = saved_model.meta_graphs
    library = graph.graph_def.library
    settled = _settled([function.signature.name for function in library.function])
    for function in library.function:
        function.signature.name = settled.get(function.signature.name, function.signature.name)
        for argument in function.arg_attr.values():
            if USER_NAME in argument.attr and argument.attr[USER_NAME].s.isdigit():
                del argument.attr[USER_NAME]
    for gradient in library.gradient:
        gradient.function_name = settled.get(gradient.function_name, gradient.function_name)
        gradient.gradient_func = settled.get(gradient.gradient_func, gradient.gradient_func)
    library.function.sort(key=lambda function: str(function.signature.name))
    inside = (node for function in library.function for node in function.node_def)
    nodes = [*graph.graph_def.node, *inside]
    for called in (called for node in nodes for called in _called(node)):
        called.name = settled.get(called.name, called.name)
    _settle_objects(graph.object_graph_def, settled)


def _settle_objects(objects: Any, settled: dict[str, str]) -> None:
    """The same in what the objects of Python, which are in the file too, call."""
    before = type(objects).FromString(objects.SerializeToString()).concrete_functions
    objects.concrete_functions.clear()  # one's new name may be another's old one
    for name, function in before.items():
        objects.concrete_functions[settled.get(name, name)].CopyFrom(function)
    for each in objects.nodes:
        names, bare = each.function.concrete_functions, each.bare_concrete_function
        for place, name in enumerate(names):
            names[place] = settled.get(name, name)
        if each.HasField("bare_concrete_function"):
            name = bare.concrete_function_name
            bare.concrete_function_name = settled.get(name, name)


def _settled(names: list[str]) -> dict[str, str]:
    """The new name of each that TensorFlow has numbered."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for name in names:
        if found := NUMBERED.fullmatch(name):
            numbers[found[1]].append(int(found[2]))
    return {
        f"{base}{number}": f"{base}{place}"
        for base, made in numbers.items()
        for place, number in enumerate(sorted(made))
    }


def _called(node: Any) -> Iterator[Any]:
    """The functions that a node names."""
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func
        yield from value.list.func
