"""What was found in photos, kept on disk, so that no photo is looked into twice."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import structure, unstructure
from diamond_cutter.precompute.photos.cache_folder import writing
from diamond_cutter.precompute.photos.images.value_range import Range
from diamond_cutter.precompute.stores.study.study_layout import THUMBNAIL

NAME = "photos.sqlite"

_TABLES = (
    "CREATE TABLE IF NOT EXISTS photo (key BLOB PRIMARY KEY, finding TEXT, fingerprint BLOB)",
    "CREATE TABLE IF NOT EXISTS preview (digest TEXT PRIMARY KEY, thumbnail BLOB, colour BLOB)",
    "CREATE TABLE IF NOT EXISTS near (key BLOB PRIMARY KEY, pairs BLOB)",
)


@dataclass(frozen=True)
class Finding:
    """What a file turned out to be.

    `digest`: SHA-256 of its content, hex, empty where it couldn't be opened; `pixels`: a digest of
    the decoded image; `width` and `height` of that; `span`, `value_range` and `faint` as `Decoded`
    has them. Where no photo can be made of the file, `problem` says why, and only the digest is
    known.
    """

    digest: str
    pixels: str = ""
    width: int = 0
    height: int = 0
    format: str = ""
    note: str = ""
    problem: str = ""
    span: Range | None = None
    value_range: Range | None = None
    faint: bool = False

    @property
    def source(self) -> str:
        """SHA-256, hex, of what the decoded image is made of: the content, and the range if any."""
        if self.value_range is None:
            return self.digest
        return hashlib.sha256(f"{self.digest} {self.value_range}".encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Preview:
    """What shows a photo: `thumbnail` (96, 96, 3) uint8, sRGB, `colour` (512,) float32."""

    thumbnail: NDArray[np.uint8]
    colour: NDArray[np.float32]


class ExaminationCache:
    """Findings by what they depend on; what is written lasts from the next `commit` on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use an open database; `open_examination_cache` opens it."""
        self._connection = connection

    def finding(self, key: bytes) -> tuple[Finding, bytes] | None:
        """What was found in a photo, and its fingerprint; None if nothing is known."""
        query = "SELECT finding, fingerprint FROM photo WHERE key = ?"
        row = self._connection.execute(query, (key,)).fetchone()
        return row and (structure(json.loads(row[0]), Finding), row[1])

    def preview(self, digest: str) -> Preview | None:
        """What shows the photo of a file with that `Finding.source`; None if nothing is known."""
        query = "SELECT thumbnail, colour FROM preview WHERE digest = ?"
        row = self._connection.execute(query, (digest,)).fetchone()
        if row is None:
            return None
        thumbnail = np.frombuffer(row[0], np.uint8).reshape(THUMBNAIL, THUMBNAIL, 3)
        return Preview(thumbnail, np.frombuffer(row[1], "<f4"))

    def keep(
        self, key: bytes, finding: Finding, fingerprint: bytes, preview: Preview | None
    ) -> None:
        """Remember what was found in a file, and what shows it if it is a photo."""
        row = (key, json.dumps(unstructure(finding)), fingerprint)
        self._connection.execute("REPLACE INTO photo VALUES (?, ?, ?)", row)
        if preview is not None:
            colour = preview.colour.astype("<f4").tobytes()
            shown = (finding.source, preview.thumbnail.tobytes(), colour)
            self._connection.execute("REPLACE INTO preview VALUES (?, ?, ?)", shown)

    def pairs(self, key: bytes) -> NDArray[np.intp] | None:
        """The near duplicates of a list of pictures, (M, 2); None if nothing is known."""
        row = self._connection.execute("SELECT pairs FROM near WHERE key = ?", (key,)).fetchone()
        return row and np.frombuffer(row[0], "<i8").reshape(-1, 2).astype(np.intp)

    def keep_pairs(self, key: bytes, pairs: NDArray[np.intp]) -> None:
        """Remember the near duplicates of a list of pictures."""
        row = (key, pairs.astype("<i8").tobytes())
        self._connection.execute("REPLACE INTO near VALUES (?, ?)", row)

    def commit(self) -> None:
        """Have what was kept outlast a kill."""
        self._connection.commit()


@contextmanager
def open_examination_cache(cache: Path) -> Iterator[ExaminationCache]:
    """The cache in a folder, made where there is none; several processes may share it.

    Raises `UserError` where the folder can't be written to or the examination cache is damaged.
    """
    file = cache / NAME
    with writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(file, timeout=60)
        try:
            for table in _TABLES:
                connection.execute(table)
            yield ExaminationCache(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UserError(
            f"{file}: expected the cache of photos that were read, got: {error}; "
            "remove the file, or name another cache"
        ) from error
