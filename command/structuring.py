"""What JSON and TOML hold as dataclasses, and back; what a class does not name is refused."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from reprlib import repr as shortened
from typing import Any, Literal, TypeVar, get_args, get_origin

import cattrs
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]
"""Makes a value of what was read and the kind that it is to be."""
HOOK = "structure"
"""In the metadata of a field: the `Hook` that makes its value; it raises `MismatchError`."""
TABLE = "a table"
CALLED: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
"""What a value of a plain kind is called where it is expected."""
_converter = cattrs.Converter(forbid_extra_keys=True)


class MismatchError(ValueError):
    """Content that is not what its class says.

    `path`: the names that lead to it; `unknown`: whether it is a name that the class has not.
    """

    def __init__(
        self, expected: str, got: str, path: Iterable[str] = (), *, unknown: bool = False
    ) -> None:
        """What was expected there, and what is there, shortened."""
        super().__init__(expected, got, tuple(path))
        self.expected, self.got, self.path, self.unknown = expected, got, tuple(path), unknown

    def __str__(self) -> str:
        """One line: where it is, what was expected and what came."""
        where = f"{'.'.join(self.path)}: " if self.path else ""
        return f"{where}expected {self.expected}, got {self.got}"

    __repr__ = __str__  # by which readers of stores tell whatever is wrong with one


def structure(content: Any, kind: type[T]) -> T:
    """What `unstructure` made of something of that kind; nothing is taken for what it is not.

    Raises `MismatchError`, of the first thing that is wrong.
    """
    try:
        return _converter.structure(content, kind)
    except (cattrs.BaseValidationError, MismatchError, TypeError) as error:
        wrong = _first(error, (), kind)
    raise wrong  # out here: an error of cattrs in its context would not reach another process


def unstructure(value: Any) -> Any:
    """A dataclass as JSON has it, with all in it."""
    return _converter.unstructure(value)


def _first(error: BaseException, path: tuple[str, ...], kind: Any) -> MismatchError:
    """The first leaf of a tree of errors, told with the names that lead to it."""
    if isinstance(error, cattrs.BaseValidationError):
        inner = error.exceptions[0]
        for note in getattr(inner, "__notes__", ()):
            if isinstance(note, cattrs.AttributeValidationNote):
                path, kind = (*path, note.name), note.type
            elif isinstance(note, cattrs.IterableValidationNote):
                path, kind = (*path, str(note.index)), note.type
        return _first(inner, path, kind)
    if isinstance(error, MismatchError):
        return MismatchError(error.expected, error.got, (*path, *error.path), unknown=error.unknown)
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        known = ", ".join(repr(item.name) for item in fields(error.cl))
        return MismatchError(f"one of {known}", repr(min(error.extra_fields)), path, unknown=True)
    return MismatchError(
        CALLED.get(kind) or str(kind), "none" if isinstance(error, KeyError) else f"{error}", path
    )


def _plain(value: Any, kind: Any) -> Any:
    """No text is taken for a number, nor the other way round, as `cattrs` would."""
    if type(value) is kind:
        return value
    if kind is float and type(value) is int:
        return float(value)
    raise MismatchError(CALLED[kind], shortened(value))


def _one_of(value: Any, kind: Any) -> Any:
    if value in get_args(kind):
        return value
    raise MismatchError(f"one of {', '.join(map(repr, get_args(kind)))}", shortened(value))


def _only(container: type, name: str, read: Hook) -> Hook:
    def checked(content: Any, kind: Any) -> Any:
        if not isinstance(content, container):
            raise MismatchError(name, shortened(content))
        return read(content, kind)

    return checked


def _of_class(kind: Any) -> Hook:
    hooks = {
        item.name: override(struct_hook=item.metadata[HOOK])
        for item in fields(kind)
        if HOOK in item.metadata
    }
    return _only(Mapping, TABLE, make_dict_structure_fn(kind, _converter, **hooks))  # type: ignore[arg-type]


def _of_mapping(kind: Any) -> Hook:
    return _only(Mapping, TABLE, mapping_structure_factory(kind, _converter))


def _of_list(kind: Any) -> Hook:
    return _only(list, "a list", list_structure_factory(kind, _converter))


def _is(origin: Any) -> Callable[[Any], bool]:
    def holds(kind: Any) -> bool:
        found: Any = get_origin(kind)
        return found is origin

    return holds


for _kind in CALLED:
    _converter.register_structure_hook(_kind, _plain)
_converter.register_structure_hook_factory(is_dataclass, _of_class)
_converter.register_structure_hook_factory(_is(dict), _of_mapping)
_converter.register_structure_hook_factory(_is(list), _of_list)
_converter.register_structure_hook_func(_is(Literal), _one_of)
