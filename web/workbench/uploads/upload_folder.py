"""Photos dropped into the browser: one file an upload, received in chunks.

The name that it came with is shown and never written to: a file is called after the letters and
figures of that, and what is in an archive is the dataset reader's to judge. How much of a file is
here, its own size says, so that a kill of browser, server or machine loses one chunk at most::

    <folder>/<id>/upload.json     name, size
    <folder>/<id>/part            what has come, until all is here
    <folder>/<id>/<name>.zip      then
"""

import errno
import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from filelock import FileLock

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard
from diamond_cutter.command.structuring import structure

CHUNK = 8 << 20
"""Bytes that are sent at a time, at most."""
RESERVE = 1 << 30
"""Bytes of the disk that are left free: what is received is unpacked afterwards."""
MOST_UNFINISHED = 256
"""Uploads that have begun and not ended, at most."""
MOST_LETTERS = 1000
"""Letters of a name and of a mark, at most."""
_PIECE = 1 << 18
_ABOUT, _PART, _LOCK = "upload.json", "part", "lock"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_ARCHIVE = re.compile(
    r".*?((\.tar)?\.(gz|bz2|xz)|\.zip|\.tar|\.tgz|\.tbz2?|\.txz)", re.IGNORECASE | re.DOTALL
)
"""Names of what the dataset reader unpacks."""


class DiskFullError(UserError):
    """The disk has no room for an upload."""


@dataclass(frozen=True)
class Upload:
    """One file: `received` of its `size` bytes are here; `file` is there when all are, else None.

    `id` names it, in letters, figures and "-"; `name` is what its owner calls it.
    """

    id: str
    name: str
    size: int
    received: int
    file: Path | None


@dataclass(frozen=True)
class _About:
    name: str
    size: int


@dataclass(frozen=True)
class UploadFolder:
    """The uploads in `folder`, each of at most `limit` bytes; `reserve` bytes stay free."""

    folder: Path
    limit: int
    reserve: int = RESERVE

    def begin(self, name: str, size: int, mark: str) -> Upload:
        """Make room for a file of `size` bytes, or go on with what has come of it.

        `mark` tells it from others of the same name and size: when its files were last changed,
        say. Raises `UserError` for what is no archive or too large, where too many have not ended,
        and `DiskFullError`.
        """
        name = name.encode("utf-8", "replace").decode()  # JSON may hold half a letter
        suffix = _ARCHIVE.fullmatch(name)
        if not 0 < len(name) <= MOST_LETTERS or len(mark) > MOST_LETTERS:
            raise UserError(
                f"upload: expected a name and a mark of at most {MOST_LETTERS:,} letters, got "
                f"{len(name):,} and {len(mark):,}; rename the file"
            )
        if suffix is None:
            raise UserError(
                f"{name}: expected a .zip or a .tar, packed further or not, or a folder, got "
                "another file; drop the folder that it lies in"
            )
        if size < 1:
            raise UserError(f"{name}: expected photos, got an empty file; choose another")
        if size > self.limit:
            raise UserError(
                f"{name}: expected at most {gigabytes(self.limit)}, got {gigabytes(size)}; name "
                "its folder on this machine instead, or raise upload_limit of [workbench]"
            )
        slug = re.sub(r"[^a-z0-9]+", "-", name[: suffix.start(1)].lower()).strip("-")[:40]
        key = hashlib.sha256(json.dumps([name, size, mark]).encode()).hexdigest()[:12]
        place = self.folder / f"{slug or 'photos'}-{key}"
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / _LOCK):
            if not (place / _ABOUT).is_file():
                self._check_room(name, size)
                place.mkdir(exist_ok=True)
                about = json.dumps(asdict(_About(name, size)))
                (place / "about").write_text(about, encoding="utf-8")
                (place / "about").replace(place / _ABOUT)
        return self.upload(place.name)

    def append(self, identity: str, at: int, content: IO[bytes]) -> Upload:
        """Write what `content` holds behind the first `at` bytes of an upload.

        Nothing is written unless exactly so many are here: another window, or a try whose answer
        was lost, has sent it already, and `received` tells where to go on. What comes of a chunk
        before its connection breaks is kept. Raises `UserError` for more bytes than were announced,
        `DiskFullError` where they have no room; then nothing of the chunk is kept.
        """
        place = self.folder / self.upload(identity).id
        with FileLock(place / _LOCK):
            upload = self.upload(identity)
            if upload.file is None and at == upload.received:
                self._write(upload, place / _PART, content)
                if (place / _PART).stat().st_size == upload.size:
                    (place / _PART).replace(place / _file_name(upload.id, upload.name))
            return self.upload(identity)

    def upload(self, identity: str) -> Upload:
        """One, as far as it is here. Raises `UserError` where there is none of that name."""
        place = self.folder / identity
        about = _read(place) if _ID.fullmatch(identity) else None
        if about is None:
            raise UserError(
                f"upload {identity[:60]!r}: expected one that has begun, got none; drop it again"
            )
        received, file = 0, None
        try:  # in this order: it is moved when all is here
            received = (place / _PART).stat().st_size
        except FileNotFoundError:
            whole = place / _file_name(identity, about.name)
            if whole.is_file():
                received, file = about.size, whole
        return Upload(identity, about.name, about.size, received, file)

    def uploads(self) -> list[Upload]:
        """All, by name."""
        found = []
        for place in self.folder.iterdir() if self.folder.is_dir() else ():
            with suppress(UserError):  # no upload, or removed meanwhile
                found.append(self.upload(place.name))
        return sorted(found, key=lambda upload: (upload.name, upload.id))

    def remove(self, identity: str) -> None:
        """Forget one, and what has come of it."""
        place = self.folder / self.upload(identity).id
        with FileLock(place / _LOCK):
            (place / _ABOUT).unlink(missing_ok=True)
        discard(place)

    def _check_room(self, name: str, size: int) -> None:
        """Whether there is room for one more besides those that have begun."""
        unfinished = [upload for upload in self.uploads() if upload.file is None]
        if len(unfinished) >= MOST_UNFINISHED:
            raise UserError(
                f"{name}: expected at most {MOST_UNFINISHED} uploads that have not ended, got "
                "another one; remove some"
            )
        promised = sum(upload.size - upload.received for upload in unfinished)
        self._check_disk(name, size + promised)

    def _check_disk(self, name: str, size: int) -> None:
        if size > shutil.disk_usage(self.folder).free - self.reserve:
            raise self._full(name, size)

    def _full(self, name: str, size: int) -> DiskFullError:
        free = shutil.disk_usage(self.folder).free
        return DiskFullError(
            f"{name}: expected {gigabytes(size)} of free disk and {gigabytes(self.reserve)} "
            f"besides, got {gigabytes(free)}; free some, remove uploads, or name the folder on "
            "this machine"
        )

    def _write(self, upload: Upload, part: Path, content: IO[bytes]) -> None:
        room = upload.size - upload.received
        self._check_disk(upload.name, min(room, CHUNK))
        with part.open("ab") as file:
            try:
                while room >= 0 and (piece := content.read(_PIECE)):
                    room -= len(piece)
                    file.write(piece if room >= 0 else b"")
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                with suppress(OSError):
                    file.close()
                os.truncate(part, upload.received)
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise self._full(upload.name, upload.size - upload.received) from error
                raise
        if room < 0:
            os.truncate(part, upload.received)
            raise UserError(
                f"{upload.name}: expected {upload.size:,} bytes, got more; drop it again"
            )


def _read(place: Path) -> _About | None:
    """What an upload is; None if there is none."""
    try:
        return structure(json.loads((place / _ABOUT).read_text(encoding="utf-8")), _About)
    except (OSError, ValueError):
        return None


def gigabytes(size: int) -> str:
    """Bytes as messages tell them."""
    return f"{size / 1e9:.3g} GB" if size >= 1e8 else f"{size / 1e6:.3g} MB"


def _file_name(identity: str, name: str) -> str:
    """What the file is called: after its upload, with the ending that says how it is packed."""
    suffix = _ARCHIVE.fullmatch(name)
    return f"{identity.rpartition('-')[0]}{suffix[1].lower() if suffix else ''}"
