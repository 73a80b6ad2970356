"""A pickle interpreter for tables of tensors: it runs nothing and allocates no more than it reads.

A pickle is a program, and `pickle` runs whatever it asks for. With `find_class` restricted it still
sizes its memo by a number in the file, and hashes what is nested without end, and a file that the
user names has no digest that could be asked first. This interpreter knows the few instructions that
PyTorch writes for weights, and refuses all others. Names of classes are only compared, never looked
up.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_DIMENSIONS = 8
LONGEST_NAME = 256

STORAGES = {
    "torch DoubleStorage": "<f8",
    "torch FloatStorage": "<f4",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "i1",
    "torch ByteStorage": "u1",
    "torch BoolStorage": "?",
}
TABLE = "collections OrderedDict"
TENSOR = "torch._utils _rebuild_tensor_v2"
PARAMETER = "torch._utils _rebuild_parameter"
KNOWN = {*STORAGES, TABLE, TENSOR, PARAMETER}


class RefusalError(Exception):
    """What is in the file instead of what was expected."""


class _Mark:
    """Where a group of values begins on the stack."""


@dataclass(frozen=True)
class _Global:
    name: str


@dataclass(frozen=True)
class Storage:
    """Numbers that are still to come, by the key that the file gives them."""

    key: str
    dtype: np.dtype[Any]
    length: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage; offset and strides count numbers, not bytes."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Reader:
    """The bytes of a file, and how far they are read; `RefusalError` beyond their end."""

    def __init__(self, content: bytes) -> None:
        """Begin at the first byte."""
        self._content = content
        self._position = 0

    def take(self, size: int) -> memoryview:
        """The next `size` bytes, not copied."""
        end = self._position + size
        if not 0 <= size <= len(self._content) - self._position:
            raise RefusalError(f"{len(self._content)} bytes of at least {end}")
        taken = memoryview(self._content)[self._position : end]
        self._position = end
        return taken

    def integer(self, size: int, *, signed: bool = True) -> int:
        """The next `size` bytes as a little-endian number."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def text(self, size: int) -> str:
        """The next `size` bytes as UTF-8."""
        try:
            return str(self.take(size), "utf-8")
        except UnicodeDecodeError as error:
            raise RefusalError("a name that is not UTF-8") from error

    def line(self) -> str:
        """What comes before the next line feed, which is passed over."""
        end = self._content.find(b"\n", self._position, self._position + LONGEST_NAME)
        if end < 0:
            raise RefusalError("a name without an end")
        text = self.text(end - self._position)
        self._position += 1
        return text

    def at_end(self) -> bool:
        """Whether all bytes are read."""
        return self._position == len(self._content)


def run(reader: Reader) -> Any:
    """The value of the pickle that begins here."""
    machine = _Machine(reader)
    while (code := bytes(reader.take(1))) != pickle.STOP:
        instruction = _INSTRUCTIONS.get(code)
        if instruction is None:
            raise RefusalError(f"the instruction 0x{code.hex()}, which weights do not need")
        instruction(machine)
    return machine.pop()


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack or isinstance(self.stack[-1], _Mark):
            raise RefusalError("an instruction without its value")
        return self.stack.pop()

    def pop_group(self) -> list[Any]:
        group = []
        while self.stack and not isinstance(self.stack[-1], _Mark):
            group.append(self.stack.pop())
        if not self.stack:
            raise RefusalError("a group of values without its beginning")
        self.stack.pop()
        return group[::-1]

    def protocol(self) -> None:
        if self.reader.integer(1) != 2:
            raise RefusalError("a pickle of another protocol than 2")

    def put(self, size: int) -> None:
        value = self.pop()
        self.memo[self.reader.integer(size, signed=False)] = value
        self.push(value)

    def get(self, size: int) -> None:
        index = self.reader.integer(size, signed=False)
        if index not in self.memo:
            raise RefusalError("a reference to a value that was not kept")
        self.push(self.memo[index])

    def push_text(self) -> None:
        self.push(self.reader.text(self.reader.integer(4, signed=False)))

    def push_long(self) -> None:
        self.push(self.reader.integer(self.reader.integer(1, signed=False)))

    def push_tuple(self, size: int) -> None:
        values = [self.pop() for _ in range(size)]
        self.push(tuple(values[::-1]))

    def append(self, values: list[Any]) -> None:
        target = self.pop()
        if type(target) is not list:
            raise RefusalError("a list in another place")
        target.extend(values)
        self.push(target)

    def set_items(self, items: list[Any]) -> None:
        target = self.pop()
        names = items[::2]
        if type(target) is not dict or len(items) % 2 or not all(type(n) is str for n in names):
            raise RefusalError("a table whose entries have no names")
        target.update(zip(names, items[1::2], strict=True))
        self.push(target)

    def find_class(self) -> None:
        name = f"{self.reader.line()} {self.reader.line()}"
        if name not in KNOWN:
            raise RefusalError(
                f"a pickle that asks for {name.replace(' ', '.')!r}, which weights do not need"
            )
        self.push(_Global(name))

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        match function, arguments:
            case _Global(name=str(name)), () if name == TABLE:
                self.push({})
            case _Global(name=str(name)), (Tensor() as tensor, bool(), {}) if name == PARAMETER:
                self.push(tensor)
            case (
                _Global(name=str(name)),
                (Storage() as storage, int(offset), tuple(shape), tuple(strides), bool(), {}),
            ) if name == TENSOR:
                numbers = (offset, *shape, *strides)
                if not (
                    all(type(number) is int and number >= 0 for number in numbers)
                    and len(shape) == len(strides) <= MOST_DIMENSIONS
                    and 0 not in shape
                ):
                    raise RefusalError("a tensor whose shape makes no sense")
                self.push(Tensor(storage, offset, shape, strides))
            case _:
                raise RefusalError("a call that weights do not need")

    def drop_state(self) -> None:
        self.pop()  # of a table: the versions of the modules that wrote it

    def find_storage(self) -> None:
        match self.pop():
            case ("storage", _Global(name=str(name)), str(key), str(), int(length), None) if (
                name in STORAGES and length >= 0
            ):
                self.push(Storage(key, np.dtype(STORAGES[name]), length))
            case _:
                raise RefusalError("a storage of an unknown kind")


_INSTRUCTIONS: dict[bytes, Callable[[_Machine], None]] = {
    pickle.PROTO: _Machine.protocol,
    pickle.MARK: lambda machine: machine.push(_Mark()),
    pickle.BINPUT: lambda machine: machine.put(1),
    pickle.LONG_BINPUT: lambda machine: machine.put(4),
    pickle.BINGET: lambda machine: machine.get(1),
    pickle.LONG_BINGET: lambda machine: machine.get(4),
    pickle.NONE: lambda machine: machine.push(None),
    pickle.NEWTRUE: lambda machine: machine.push(True),
    pickle.NEWFALSE: lambda machine: machine.push(False),
    pickle.BININT: lambda machine: machine.push(machine.reader.integer(4)),
    pickle.BININT1: lambda machine: machine.push(machine.reader.integer(1, signed=False)),
    pickle.BININT2: lambda machine: machine.push(machine.reader.integer(2, signed=False)),
    pickle.LONG1: _Machine.push_long,
    pickle.BINUNICODE: _Machine.push_text,
    pickle.EMPTY_TUPLE: lambda machine: machine.push(()),
    pickle.TUPLE1: lambda machine: machine.push_tuple(1),
    pickle.TUPLE2: lambda machine: machine.push_tuple(2),
    pickle.TUPLE3: lambda machine: machine.push_tuple(3),
    pickle.TUPLE: lambda machine: machine.push(tuple(machine.pop_group())),
    pickle.EMPTY_LIST: lambda machine: machine.push([]),
    pickle.APPEND: lambda machine: machine.append([machine.pop()]),
    pickle.APPENDS: lambda machine: machine.append(machine.pop_group()),
    pickle.EMPTY_DICT: lambda machine: machine.push({}),
    pickle.SETITEM: lambda machine: machine.set_items([machine.pop(), machine.pop()][::-1]),
    pickle.SETITEMS: lambda machine: machine.set_items(machine.pop_group()),
    pickle.GLOBAL: _Machine.find_class,
    pickle.REDUCE: _Machine.call,
    pickle.BUILD: _Machine.drop_state,
    pickle.BINPERSID: _Machine.find_storage,
}
