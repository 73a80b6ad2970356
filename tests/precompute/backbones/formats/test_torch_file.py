import io
import pickle
import struct
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue.efficientnet_lite_source import LITES
from diamond_cutter.precompute.backbones.formats.torch_file import MAGIC, PROTOCOL, read_weights

SYSTEM = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"long": 4}}


class Global:
    """Pickles as the name of a class that need not exist."""

    def __init__(self, name: str) -> None:
        self.name = name


class Call:
    """Pickles as a call of a global."""

    def __init__(self, name: str, *arguments: Any) -> None:
        self.name, self.arguments = name, arguments


class Storage:
    """Pickles as a reference to a storage."""

    def __init__(self, kind: str, key: str, length: int) -> None:
        self.reference = ("storage", Global(f"torch\n{kind}Storage"), key, "cpu", length, None)


class Writer(pickle._Pickler):  # type: ignore[name-defined]
    """Writes what PyTorch would, and what an attacker would."""

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        if isinstance(value, Global):
            self.write(pickle.GLOBAL + value.name.encode() + b"\n")
        elif isinstance(value, Call):
            self.save(Global(value.name))
            self.save(value.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(value, save_persistent_id)

    def persistent_id(self, value: Any) -> Any:
        return value.reference if isinstance(value, Storage) else None


def dump(value: Any) -> bytes:
    stream = io.BytesIO()
    Writer(stream, 2).dump(value)
    return stream.getvalue()


def tensor(storage: Storage, offset: int, shape: Any, strides: Any) -> Call:
    arguments = (storage, offset, shape, strides, False, OrderedDict())
    return Call("torch._utils\n_rebuild_tensor_v2", *arguments)


def legacy(tensors: Any, storages: dict[str, NDArray[Any]], **replaced: Any) -> bytes:
    parts = {"magic": MAGIC, "protocol": PROTOCOL, "system": SYSTEM, **replaced}
    content = b"".join(dump(parts[name]) for name in ("magic", "protocol", "system"))
    content += dump(tensors) + dump(list(storages))
    for numbers in storages.values():
        content += struct.pack("<q", numbers.size) + numbers.tobytes()
    return content


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(content: bytes) -> dict[str, NDArray[Any]]:
        path = tmp_path / "weights.pth"
        path.write_bytes(content)
        return read_weights(path)

    return read


@pytest.fixture(scope="module")
def real() -> bytes:
    path = LITES[0].weights.find()
    assert path is not None
    return path.read_bytes()


def test_real_file_reads_as_the_standard_library_reads_it(real: bytes, read: Any) -> None:
    class Unpickler(pickle.Unpickler):
        def find_class(self, _: str, name: str) -> Any:
            known = {"OrderedDict": OrderedDict, "FloatStorage": "<f4", "LongStorage": "<i8"}
            return known.get(name, lambda *arguments: arguments)

        def persistent_load(self, reference: Any) -> Any:
            return reference

    stream = io.BytesIO(real)
    for _ in range(3):
        pickle.load(stream)
    table, keys = Unpickler(stream).load(), pickle.load(stream)
    kinds = {entry[0][2]: entry[0][1] for entry in table.values()}
    numbers = {}
    for key in keys:
        (length,) = struct.unpack("<q", stream.read(8))
        kind = np.dtype(kinds[key])
        numbers[key] = np.frombuffer(stream.read(length * kind.itemsize), kind)

    weights = read(real)
    assert list(weights) == list(table)
    for name, (storage, offset, shape, strides, *_) in table.items():
        assert offset == 0
        flat = numbers[storage[2]]
        index = sum(
            (np.arange(size).reshape([-1 if a == axis else 1 for a in range(len(shape))]) * step)
            for axis, (size, step) in enumerate(zip(shape, strides, strict=True))
        )
        np.testing.assert_array_equal(weights[name], flat[index] if shape else flat[0])


def test_storages_of_all_kinds_offsets_strides_and_parameters(read: Any) -> None:
    numbers = np.arange(24)
    kinds = {
        "Double": "<f8", "Float": "<f4", "Half": "<f2", "Long": "<i8", "Int": "<i4",
        "Short": "<i2", "Char": "i1", "Byte": "u1", "Bool": "?",
    }  # fmt: skip
    table: dict[str, Any] = {
        kind: tensor(Storage(kind, kind, 24), 0, (24,), (1,)) for kind in kinds
    }
    table["part"] = tensor(Storage("Float", "Float", 24), 2, (3, 4), (1, 3))
    table["parameter"] = Call(
        "torch._utils\n_rebuild_parameter",
        tensor(Storage("Long", "Long", 24), 23, (), ()),
        True,
        OrderedDict(),
    )
    storages = {kind: numbers.astype(dtype) for kind, dtype in kinds.items()}
    weights = read(legacy(table, storages))
    for kind, dtype in kinds.items():
        assert weights[kind].dtype == np.dtype(dtype)
        np.testing.assert_array_equal(weights[kind], numbers.astype(dtype))
    np.testing.assert_array_equal(weights["part"], numbers[2:14].reshape(4, 3).T)
    assert weights["parameter"].item() == 23
    assert not weights["part"].flags.writeable


ONE = {"a": np.arange(4, dtype="<f4")}
FLOATS = Storage("Float", "a", 4)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "0 bytes of at least 1"),
        (b"weights, as text\n", "the instruction 0x77"),
        (legacy({}, {}, magic=7), "another magic number"),
        (legacy({}, {}, protocol=1000), "another protocol version"),
        (legacy({}, {}, system={"little_endian": False}), "numbers that are not little-endian"),
        (legacy([1, 2], {}), "something else than a table of tensors"),
        (legacy({"w": 1}, {}), "something else than a table of tensors"),
        (legacy({1: 2}, {}), "a table whose entries have no names"),
        (legacy({"w": tensor(FLOATS, 0, (4,), (1,))}, {}), "0 storages where the tensors name 1"),
        (legacy({}, ONE), "1 storages where the tensors name 0"),
        (legacy({"w": tensor(FLOATS, 1, (4,), (1,))}, ONE), "reaches beyond its storage"),
        (legacy({"w": tensor(FLOATS, 0, (2, 2), (3, 1))}, ONE), "reaches beyond its storage"),
        (legacy({"w": tensor(FLOATS, 0, (9, 9), (0, 0))}, ONE), "reaches beyond its storage"),
        (legacy({"w": tensor(FLOATS, 0, (2**62, 4), (0, 1))}, ONE), "reaches beyond its storage"),
        (legacy({"w": tensor(FLOATS, -1, (4,), (1,))}, ONE), "a tensor whose shape makes no sense"),
        (legacy({"w": tensor(FLOATS, 0, (4,), (1, 1))}, ONE), "a tensor whose shape makes no"),
        (legacy({"w": tensor(FLOATS, 0, (0, 2**200), (0, 0))}, ONE), "a tensor whose shape makes"),
        (
            legacy({"w": tensor(Storage("Float", "a", 9), 0, (4,), (1,))}, ONE),
            "a storage of 4 numbers where 9 are announced",
        ),
        (
            legacy({"w": tensor(Storage("Quaternion", "a", 4), 0, (4,), (1,))}, ONE),
            "asks for 'torch.QuaternionStorage'",
        ),
        (legacy({"w": tensor(FLOATS, 0, (4,), (1,))}, ONE) + b"\0", "more bytes than its tensors"),
    ],
)
def test_foreign_file_is_told_in_one_line(content: bytes, got: str, read: Any) -> None:
    with pytest.raises(UserError) as told:
        read(content)
    message = str(told.value)
    assert "weights.pth: expected weights in PyTorch's legacy format, got " in message
    assert got in message
    assert "\n" not in message


def test_zip_archive_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "new.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    with pytest.raises(UserError, match=r"new\.pth: .* a zip archive, as PyTorch writes since 1.6"):
        read_weights(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.pth: .* No such file"):
        read_weights(tmp_path / "none.pth")
    with pytest.raises(UserError, match="Is a directory"):
        read_weights(tmp_path)


@pytest.mark.parametrize(
    "name", ["os\nsystem", "posix\nsystem", "builtins\neval", "subprocess\nPopen", "torch\nload"]
)
def test_hostile_pickle_runs_nothing(name: str, tmp_path: Path, read: Any) -> None:
    trace = tmp_path / "trace"
    with pytest.raises(UserError, match=f"asks for '{name.replace(chr(10), '.')}'"):
        read(legacy({"w": Call(name, f"touch {trace}")}, {}))
    with pytest.raises(UserError, match="asks for"):
        read(dump(Call(name, f"touch {trace}")))
    assert not trace.exists()


HOSTILE = {
    "memo": pickle.PROTO + b"\2" + pickle.NONE + pickle.LONG_BINPUT + b"\xff\xff\xff\x7f",
    "text": pickle.PROTO + b"\2" + pickle.BINUNICODE + b"\xff\xff\xff\xff",
    "bytes": pickle.PROTO + b"\2" + pickle.BINBYTES8 + b"\xff\xff\xff\xff\xff\0\0\0",
    "bytearray": pickle.PROTO + b"\2" + pickle.BYTEARRAY8 + b"\xff\xff\xff\xff\xff\0\0\0",
    "frame": pickle.PROTO + b"\4" + pickle.FRAME + b"\xff\xff\xff\xff\xff\0\0\0",
    "nested": pickle.PROTO + b"\2" + pickle.MARK + pickle.EMPTY_TUPLE + pickle.DUP * 9,
    "build": pickle.PROTO + b"\2" + pickle.NONE + pickle.NONE + pickle.BUILD,
    "storage": legacy({"w": tensor(Storage("Float", "a", 2**60), 0, (2**60,), (1,))}, {})
    + dump(["a"])
    + struct.pack("<q", 2**60),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sizes_allocate_nothing(name: str, read: Any) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UserError):
            read(HOSTILE[name])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


WHOLE = legacy({"w": tensor(FLOATS, 0, (4,), (1,))}, ONE)


def test_every_truncation_is_told(read: Any) -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(UserError):
            read(WHOLE[:length])


def test_every_flipped_bit_is_told_or_leaves_a_tensor(read: Any) -> None:
    told = 0
    for bit in range(8 * len(WHOLE)):
        damaged = bytearray(WHOLE)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            (weights,) = read(bytes(damaged)).values()
        except UserError:
            told += 1
        else:  # a bit of a number, of a name, or of something that is not used
            assert weights.nbytes <= 16
    assert told > 4 * len(WHOLE)


def test_truncated_real_file_is_told(real: bytes, read: Any) -> None:
    chance = np.random.default_rng(0)
    for length in [1, 14, 137, *chance.integers(len(real), size=5), len(real) - 1]:
        with pytest.raises(UserError, match=r"weights\.pth: expected .* bytes of at least"):
            read(real[:length])


def test_flipped_bits_in_the_real_header_are_told(real: bytes, read: Any) -> None:
    chance = np.random.default_rng(0)
    header = real[: real.index(b"_fc.bias") + 300]
    for bit in chance.integers(8 * len(header), size=100):
        damaged = bytearray(header)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(UserError, match=r"weights\.pth: expected"):
            read(bytes(damaged))
