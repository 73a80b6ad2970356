"""The names of functions in a SavedModel, whatever TensorFlow has numbered them."""

from typing import Any

from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from diamond_cutter.precompute.study.export.function_names import settle_function_names

COUNT = 8


def saved_model(first: int) -> Any:
    """A network of functions that are numbered from `first` on, each known by its bound input."""
    saved = SavedModel()
    graph = saved.meta_graphs.add()
    for place in reversed(range(COUNT)):
        name = f"__inference_call_{first + place}"
        graph.object_graph_def.concrete_functions[name].bound_inputs.append(place)
        function = graph.graph_def.library.function.add()
        function.signature.name = name
        function.arg_attr[0].attr["_user_specified_name"].s = b"images" if place else b"71"
        function.arg_attr[1].attr["shape"].i = place
    call = graph.graph_def.node.add(name="call", op="PartitionedCall")
    call.attr["f"].func.name = f"__inference_call_{first + 3}"
    return saved


def test_functions_are_numbered_from_nought_though_other_functions_had_those_numbers() -> None:
    for first in (0, 1, 5, 400):
        saved = saved_model(first)
        settle_function_names(saved)
        [graph] = saved.meta_graphs
        bound = graph.object_graph_def.concrete_functions
        assert {name: [*each.bound_inputs] for name, each in bound.items()} == {
            f"__inference_call_{place}": [place] for place in range(COUNT)
        }
        functions = graph.graph_def.library.function
        assert [each.signature.name for each in functions] == sorted(bound)
        assert graph.graph_def.node[0].attr["f"].func.name == "__inference_call_3"


def test_of_arguments_only_numbers_are_taken_away() -> None:
    saved = saved_model(1)
    settle_function_names(saved)
    first, *others = saved.meta_graphs[0].graph_def.library.function
    assert not first.arg_attr[0].attr
    assert {each.arg_attr[0].attr["_user_specified_name"].s for each in others} == {b"images"}
    assert all([*each.arg_attr[1].attr] == ["shape"] for each in (first, *others))
