"""Content that is not what its class says is told by where it is, what was expected and came."""

import json
import pickle
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from diamond_cutter.command.structuring import MismatchError, structure, unstructure


@dataclass(frozen=True)
class Part:
    share: float
    kind: Literal["one", "other"] = "one"
    places: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Whole:
    name: str
    count: int | None
    parts: list[Part]
    by_name: dict[str, Part] = field(default_factory=dict)


WHOLE = Whole("a", 3, [Part(0.5), Part(1.0, "other", [(1, 2), (3, 4)])], {"b": Part(0.0)})


def document(**changes: Any) -> Any:
    return {**json.loads(json.dumps(unstructure(WHOLE))), **changes}


def test_what_is_written_is_read_back() -> None:
    assert structure(document(), Whole) == WHOLE
    assert structure(document(count=None), Whole).count is None
    assert structure({"share": 1}, Part) == Part(1.0)
    assert type(structure({"share": 1}, Part).share) is float


@pytest.mark.parametrize(
    ("content", "path", "told"),
    [
        (document(name=3), ("name",), "name: expected a text, got 3"),
        (document(count="3"), ("count",), "count: expected a whole number, got '3'"),
        (document(count=True), ("count",), "count: expected a whole number, got True"),
        (document(more=1), (), "expected one of 'name', 'count', 'parts', 'by_name', got 'more'"),
        (
            document(parts=[{"share": 0.5}, {"share": "x"}]),
            ("parts", "1", "share"),
            "parts.1.share: expected a number, got 'x'",
        ),
        (
            document(by_name={"b": {"share": 0, "kind": "none"}}),
            ("by_name", "b", "kind"),
            "by_name.b.kind: expected one of 'one', 'other', got 'none'",
        ),
        (
            document(by_name={"b": {"kind": "one"}}),
            ("by_name", "b", "share"),
            "by_name.b.share: expected a number, got none",
        ),
        (document(parts="ab"), ("parts",), "parts: expected a list, got 'ab'"),
        (document(parts=[4]), ("parts", "0"), "parts.0: expected a table, got 4"),
        (document(by_name=[]), ("by_name",), "by_name: expected a table, got []"),
        (None, (), "expected a table, got None"),
    ],
)
def test_what_is_wrong_is_named_with_where_it_is(
    content: Any, path: tuple[str, ...], told: str
) -> None:
    with pytest.raises(MismatchError) as caught:
        structure(content, Whole)
    assert caught.value.path == path
    assert str(caught.value) == told
    assert caught.value.unknown == ("more" in told)
    assert repr(pickle.loads(pickle.dumps(caught.value))) == told


def test_places_that_are_no_pairs_are_refused() -> None:
    for places in ([[1]], [3], [[1, "2"]]):
        with pytest.raises(MismatchError, match="places"):
            structure({"share": 1, "places": places}, Part)
