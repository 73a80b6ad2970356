"""Files at other addresses than this machine's: found, and read, through fsspec."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote, urljoin

import fsspec

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.size_limits import CHUNK, MAX_ENTRIES

_VERSION = (
    "etag",
    "lastmodified",
    "contentmd5",
    "md5hash",
    "mtime",
    "updated",
    "modified",
    "created",
)
"""What file systems call that by which one version of a file differs from another."""
_CONNECT, _SILENCE = 30, 60
"""Seconds that a connection may take, and that it may then bring nothing."""
_DEPTH = 32
"""Folders in one another, at most: the pages of a web server may go on for ever."""
_BUSY = frozenset({408, 425, 429})
"""Of HTTP's refusals those that pass."""


class UnreachableError(UserError):
    """The host gives no answer now; it may later."""


class AbsentError(UserError):
    """The host says that there is nothing, or nothing for this user."""


@dataclass(frozen=True)
class Remote:
    """A file elsewhere.

    `size`: its bytes, None if its host doesn't say; `version`: what differs where its content
    does, empty if its host says nothing of the kind; `validator`: what HTTP's If-Range takes of
    that.
    """

    address: str
    size: int | None
    version: str = ""
    validator: str = ""

    @property
    def is_known(self) -> bool:
        """Whether one can tell if it has changed."""
        return bool(self.version) or self.size is not None


class System:
    """The file system that an address belongs to."""

    def __init__(self, address: str) -> None:
        """Raises `UserError` for a protocol that is not known or not installed."""
        self.address = address
        self.http = address.startswith(("http://", "https://"))
        with asking(address):
            self._files, root = fsspec.url_to_fs(address, **_options(self.http))
            self._root = str(root)
            self._files.invalidate_cache()

    def is_folder(self) -> bool:
        """Whether the address is that of a folder; on the web it ends with a slash."""
        if self.http:
            return self.address.endswith("/")
        with asking(self.address):
            return bool(self._files.isdir(self._root))

    def beside(self, path: str) -> str:
        """The address of what lies at the relative `path` from the folder of this address."""
        if self.http:
            return urljoin(self._root, quote(path))
        return f"{self._root.rpartition('/')[0]}/{path}"

    def look(self, address: str = "") -> Remote:
        """What is known of the file at an address of this system, or at its own.

        Raises `UserError` if there is none, `UnreachableError` if there is no answer.
        """
        address = address or self._root
        with asking(address):
            return _remote(self._files.info(address))

    def walk(self) -> Iterator[tuple[str, Remote]]:
        """Every file below the address, with its path from there; the first `MAX_ENTRIES`.

        Raises `UserError` if there are more, or a folder can't be listed.
        """
        root = self._root.rstrip("/") + "/"
        folders, seen, count = [(root, 0)], {root}, 0
        while folders:
            folder, depth = folders.pop()
            with asking(folder):
                found: list[dict[str, Any]] = self._files.ls(folder, detail=True)
            for info in found:
                name = str(info["name"])
                below = name.startswith(root) and name.rstrip("/") != root.rstrip("/")
                if not below or name in seen or (self.http and ("?" in name or "#" in name)):
                    continue
                seen.add(name)
                if info["type"] != "directory":
                    count += 1
                    path = name.removeprefix(root)
                    yield unquote(path) if self.http else path, _remote(info)
                elif depth < _DEPTH:
                    folders.append((name, depth + 1))
            if len(seen) > MAX_ENTRIES:
                raise UserError(
                    f"{self.address}: expected at most {MAX_ENTRIES:,} files, got more; "
                    "name the folder of the photos, or split the dataset"
                )

    def read(self, remote: Remote, start: int) -> Iterator[tuple[int, bytes]]:
        """The bytes of a file from `start` on, each piece with its place in the file.

        It begins at 0 where the host can't do otherwise, or the file has changed.
        Raises `UserError` if it can't be read, `UnreachableError` if the connection breaks.
        """
        with asking(remote.address):
            opened, start = self._open(remote, start)
            with opened:
                while chunk := opened.read(CHUNK):
                    yield start, chunk
                    start += len(chunk)

    def _open(self, remote: Remote, start: int) -> tuple[BinaryIO, int]:
        if not self.http:
            opened = self._files.open(remote.address, "rb")
            opened.seek(start)
            return cast(BinaryIO, opened), start
        headers = {"Accept-Encoding": "identity"}  # else the size is not that of the file
        if start:
            headers["Range"] = f"bytes={start}-"
            if remote.validator:
                headers["If-Range"] = remote.validator
        # With a size fsspec doesn't ask for it again; without blocks it reads in one go.
        opened = self._files.open(
            remote.address, "rb", block_size=0, size=remote.size or 1, headers=headers
        )
        answer = opened.r
        came = answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        return cast(BinaryIO, opened), start if answer.status == 206 and came else 0


@contextmanager
def asking(address: str) -> Iterator[None]:
    """Turn what a file system raises into a `UserError`."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # every file system has its own
        what, passing = _reason(error)
        kind = UnreachableError if passing else AbsentError
        raise kind(f"{address}: expected a dataset that can be read, got: {what}") from error


def _options(http: bool) -> dict[str, Any]:
    if not http:
        return {}
    from aiohttp import ClientTimeout

    timeout = ClientTimeout(total=None, connect=_CONNECT, sock_read=_SILENCE)
    # Else fsspec gives up after five minutes, and passes by the user's proxy.
    return {"client_kwargs": {"timeout": timeout, "trust_env": True}}


def _remote(info: dict[str, Any]) -> Remote:
    plain = {key.lower().replace("-", "").replace("_", ""): info[key] for key in info}
    version = "; ".join(f"{key}={plain[key]}" for key in _VERSION if plain.get(key))
    validator = str(plain.get("etag") or plain.get("lastmodified") or "")
    return Remote(str(info["name"]), info.get("size"), version, validator)


def _reason(error: Exception) -> tuple[str, bool]:
    """What went wrong and what to do, and whether it may pass."""
    from aiohttp import ClientError, ClientResponseError

    if isinstance(error, FileNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # fsspec calls everything so that HTTP may answer
    if isinstance(error, ClientResponseError):
        status = error.status
        if status in (404, 410):
            return f"nothing there (HTTP status {status}); mend the address", False
        passing = status in _BUSY or status >= 500
        todo = "try again later" if passing else "mend the address, or allow it to be read"
        return f"HTTP status {status}, {error.message}; {todo}", passing
    if isinstance(error, FileNotFoundError):
        return "nothing there; mend the address", False
    if isinstance(error, PermissionError):
        return "no permission; log in, or name another dataset", False
    text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    if isinstance(error, (OSError, TimeoutError, ClientError)) and not isinstance(
        error, ValueError
    ):
        return f"{text}; look at the network and the address, then try again", True
    return f"{text}; mend the address, or install what it needs", False
