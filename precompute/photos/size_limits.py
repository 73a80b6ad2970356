"""How much a stranger's archive or address may cost: numbers, and what holds them."""

import shutil
from pathlib import Path

from diamond_cutter.command.errors import UserError

MAX_ENTRIES = 1_000_000
"""Files of a dataset: ten times what is usual; their names alone then take a gigabyte."""
MAX_FILE = 1 << 30
"""Bytes of one photo: 150 megapixels in 16 bits, uncompressed."""
MAX_RATIO = 100
"""Unpacked over packed bytes of a whole archive. JPEG, PNG and WebP don't shrink any further, and
uncompressed photos to a half; only what is made to, shrinks to a hundredth."""
FLOOR = 1 << 30
"""Unpacked bytes that are granted whatever the ratio: small sets of drawings shrink well."""
MAX_NAME = 1024
"""Characters of a path in an archive: what file systems take is 255 a part, 4096 bytes in all."""
MAX_DIRECTORY = 128 << 20
"""Bytes of a zip's table of contents, which is read at once: about 100 for a file."""
MAX_HEADER = 1 << 18
"""Bytes of a tar's headers before one member: a name, its attributes, an access list."""
RESERVE = 256 << 20
"""Bytes of the disk that are left free."""
CHUNK = 1 << 18
"""Bytes that are read and written at a time."""
_LOOK = 64 << 20
"""Bytes between two looks at the free disk."""


class LimitError(UserError):
    """Something is larger than it may be."""


class Budget:
    """What one archive or download may write, counted as it is written."""

    def __init__(self, name: str, cache: Path, limit: int | None) -> None:
        """Grant `limit` bytes to `name`, None: all that the disk of the folder `cache` has."""
        self._name = name
        self._cache = cache
        self._limit = limit
        self._spent = 0
        self._looked = 0

    def check(self, size: int) -> None:
        """Refuse `size` bytes more: a `LimitError`, or a `UserError` for too small a disk."""
        if self._limit is not None and self._spent + size > self._limit:
            raise LimitError(
                f"{self._name}: expected at most {self._limit / 1e9:.1f} GB, got more, as from "
                "what is made to fill disks; name another dataset, or unpack it yourself"
            )
        free = shutil.disk_usage(self._cache).free
        if size > free - RESERVE:
            raise UserError(
                f"{self._cache}: expected {size / 1e9:.2f} GB of free disk for the photos of "
                f"{self._name} and {RESERVE / 1e9:.2f} GB besides, got {free / 1e9:.2f} GB; free "
                "some, or name another cache"
            )

    def spend(self, size: int) -> None:
        """Count `size` bytes; a `UserError` where they exceed the limit or fill the disk."""
        self._spent += size
        over = self._limit is not None and self._spent > self._limit
        if over or self._spent - self._looked >= _LOOK:
            self._looked = self._spent
            self.check(0)


def unpacked_limit(packed: int) -> int:
    """Bytes that an archive of `packed` bytes may unpack to."""
    return max(FLOOR, MAX_RATIO * packed)
