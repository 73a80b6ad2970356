"""Read weights in PyTorch's legacy format (before 1.6), without PyTorch.

Such a file is five pickles in a row, then raw numbers:

1. a magic number, 2. the protocol version, 3. the byte order and sizes of the writing machine,
4. a table of tensors, each of which names its storage, 5. the names of the storages in order;
then every storage: its length (int64), and its numbers.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.pickle_machine import (
    Reader,
    RefusalError,
    Storage,
    Tensor,
    run,
)

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of the file at `path` by name, as read-only views of its bytes.

    Raises `UserError` for a file that cannot be read, is damaged, or is of another format.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: expected a readable weights file, got: {error.strerror}; install it anew"
        ) from error
    try:
        return _read(content)
    except RefusalError as refusal:
        raise UserError(
            f"{path}: expected weights in PyTorch's legacy format, got {refusal}; "
            "install the file anew"
        ) from refusal


def _read(content: bytes) -> dict[str, NDArray[Any]]:
    if content.startswith(b"PK\x03\x04"):
        raise RefusalError("a zip archive, as PyTorch writes since 1.6")
    reader = Reader(content)
    if run(reader) != MAGIC:
        raise RefusalError("another magic number")
    if run(reader) != PROTOCOL:
        raise RefusalError("another protocol version")
    system = run(reader)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise RefusalError("numbers that are not little-endian")
    tensors = run(reader)
    keys = run(reader)
    if not isinstance(tensors, dict) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise RefusalError("something else than a table of tensors")
    numbers = _storages(reader, keys, {t.storage.key: t.storage for t in tensors.values()})
    return {name: _view(numbers, name, tensor) for name, tensor in tensors.items()}


def _storages(reader: Reader, keys: Any, expected: dict[str, Storage]) -> dict[str, NDArray[Any]]:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise RefusalError("something else than a list of storages")
    if sorted(keys) != sorted(expected):
        raise RefusalError(f"{len(keys)} storages where the tensors name {len(expected)} others")
    numbers = {}
    for key in keys:
        storage = expected[key]
        length = reader.integer(8)
        if length != storage.length:
            raise RefusalError(
                f"a storage of {length} numbers where {storage.length} are announced"
            )
        raw = reader.take(length * storage.dtype.itemsize)
        numbers[key] = np.frombuffer(raw, storage.dtype)
    if not reader.at_end():
        raise RefusalError("more bytes than its tensors need")
    return numbers


def _view(numbers: dict[str, NDArray[Any]], name: str, tensor: Tensor) -> NDArray[Any]:
    storage = numbers[tensor.storage.key]
    steps = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    end = tensor.offset + max(math.prod(tensor.shape), steps + 1)
    if tensor.storage.dtype != storage.dtype or end > len(storage):
        raise RefusalError(f"a tensor {name[:80]!r} that reaches beyond its storage")
    size = storage.dtype.itemsize
    return np.lib.stride_tricks.as_strided(
        storage[tensor.offset :],
        tensor.shape,
        [step * size for step in tensor.strides],
        writeable=False,
    )
