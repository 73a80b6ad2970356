"""A file inside an archive, and what reading one that is damaged or hostile may raise."""

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
    AttributeError,
    AssertionError,
    RuntimeError,  # zipfile's for passwords and methods; deep recursion in tarfile is one, too
    MemoryError,
)
"""What zipfile, tarfile and the decompressors raise on bytes that make no sense."""


LINK = "A link, which is not followed; pack the photo itself."
DEVICE = "A device, pipe or socket: expected a file; leave it out."
LOCKED = "Protected by a password; pack it without one."


class DamagedError(Exception):
    """What was read makes no sense; says why."""


class Readable(Protocol):
    """What members are read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""

    def peek(self, size: int, /) -> bytes:
        """The next bytes, about `size` of them, which are to be read again."""


@dataclass(frozen=True)
class Member:
    """A file inside an archive.

    `name`: as the archive has it; `problem`: why it can't be used, a sentence, or empty; `size`:
    the bytes it is said to have; `position`: how far in the archive it is, in packed bytes;
    `opened`: what its bytes are read from, the same at every call; `step`: bytes to be read at a
    time; `stream`: it can only be read before the next one, and its bytes are counted by whoever
    reads the stream.
    """

    name: str
    problem: str
    size: int
    position: int
    opened: Callable[[], Readable]
    step: int
    stream: bool


@contextmanager
def reading() -> Iterator[None]:
    """Turn what reading damaged bytes raises into a `DamagedError`."""
    try:
        yield
    except _DAMAGE as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise DamagedError(text[:200]) from error
