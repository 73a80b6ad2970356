"""The objects of a published store as they are read: by blocks, each checked by its digest.

Of a host that answers ranges no more than the blocks in question is asked for, neighbours in one
request. What is held in memory is not asked for again.
"""

import json
from collections import OrderedDict
from threading import Lock
from typing import Any

import fsspec

from diamond_cutter.precompute.stores.format_version import VERSIONS
from diamond_cutter.precompute.stores.published.published_manifest import (
    BLOCK,
    NAME,
    Manifest,
    decode_manifest,
)

PATIENCE = 10.0
"""Seconds in which a host must go on answering."""
_SLOWEST = 100_000
"""Bytes a second, at least: what takes longer is too slow to be waited for."""
_TOGETHER = 4
"""Blocks that are asked for in one request, at most."""
_HELD = 64
"""Blocks' worth of bytes that are held in memory."""
_MANIFEST = 60.0
"""Seconds in which a manifest, of which nothing is known beforehand, must have come."""


class BaseError(Exception):
    """A published store that cannot be read: one line that says why."""


class AwayError(BaseError):
    """The host gives no answer, or not this store."""


class DamagedError(BaseError):
    """An object is not what the manifest says."""


class VerifiedObjects:
    """The objects of a published store, by path.

    requests, received: how many were made, and the bytes that came.
    """

    def __init__(self, address: str, kind: str) -> None:
        """Read the manifest. Raises `AwayError` where there is none, or one of another kind."""
        self.address = address
        self.requests, self.received = 0, 0
        self._http = address.startswith(("http://", "https://"))
        self._lock = Lock()
        self._held: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._held_bytes = 0
        try:
            self._files, root = fsspec.url_to_fs(address, **_options(address))
        except Exception as error:  # every file system has its own
            raise AwayError(_reason(error)) from error
        self._root = str(root).rstrip("/")
        self.manifest = self._read_manifest(kind)

    def size(self, path: str) -> int | None:
        """The bytes of an object; None if there is no such thing."""
        described = self.manifest.objects.get(path)
        return None if described is None else described.size

    def read(self, path: str, start: int, stop: int) -> bytes:
        """A part of an object that is there. Raises `AwayError` or `DamagedError`."""
        numbers = range(start // BLOCK, -(-stop // BLOCK))
        with self._lock:
            found = {number: self._held.get((path, number)) for number in numbers}
            missing = [number for number in numbers if found[number] is None]
            while missing:
                run = [number for number in missing[:_TOGETHER] if number < missing[0] + _TOGETHER]
                while run[-1] - run[0] >= len(run):  # what lies between is there
                    run.pop()
                for number, content in self._ask(path, run).items():
                    found[number] = content
                    self._hold(path, number, content)
                del missing[: len(run)]
        offset = numbers.start * BLOCK
        joined = b"".join(content for content in found.values() if content is not None)
        return joined[start - offset : stop - offset]

    def _ask(self, path: str, numbers: list[int]) -> dict[int, bytes]:
        """Neighbouring blocks, each as the manifest describes it."""
        described = self.manifest.objects[path]
        start, stop = numbers[0] * BLOCK, min((numbers[-1] + 1) * BLOCK, described.size)
        whole = (start, stop) == (0, described.size)
        seconds = PATIENCE + (stop - start) / _SLOWEST
        content = self._get(path, None if whole else (start, stop), seconds)
        if len(content) == described.size:  # a host that gives no parts gives all of it
            content = content[start:stop]
        parts = {
            number: content[at : at + BLOCK]
            for number, at in zip(numbers, range(0, stop - start, BLOCK), strict=True)
        }
        for number, part in parts.items():
            if not described.holds(number, part):
                raise DamagedError(f"{path} is damaged, its bytes are not those of its digest")
        return parts

    def _get(self, path: str, part: tuple[int, int] | None, seconds: float) -> bytes:
        start, stop = part or (None, None)
        self.requests += 1
        try:
            content = bytes(
                self._files.cat_file(
                    f"{self._root}/{path}", start=start, end=stop, **self._terms(seconds)
                )
            )
        except Exception as error:  # every file system has its own
            if isinstance(error, FileNotFoundError) and path != NAME:
                raise DamagedError(f"{path} is not there") from error
            raise AwayError(_reason(error)) from error
        self.received += len(content)
        return content

    def _terms(self, seconds: float) -> dict[str, Any]:
        """How long an answer is waited for, and that it comes as it is."""
        terms: dict[str, Any] = {}
        if self._files.async_impl:  # then fsspec waits no longer
            terms["timeout"] = seconds
        if self._http:
            terms["headers"] = {"Accept-Encoding": "identity"}
        return terms

    def _hold(self, path: str, number: int, content: bytes) -> None:
        self._held[path, number] = content
        self._held_bytes += len(content)
        while self._held_bytes > _HELD * BLOCK:
            self._held_bytes -= len(self._held.popitem(last=False)[1])

    def _read_manifest(self, kind: str) -> Manifest:
        content = self._get(NAME, None, _MANIFEST)
        try:
            said = json.loads(content)
            found = said.get("kind"), said.get("format_version")
        except (AttributeError, ValueError) as error:
            raise DamagedError(f"{NAME} is no manifest of a published store") from error
        if found != (kind, VERSIONS[kind]):
            raise AwayError(
                f"expected a store of kind {kind!r} and format_version {VERSIONS[kind]}, got kind "
                f"{found[0]!r}, format_version {found[1]!r}"
            )
        try:
            manifest = decode_manifest(content)
        except ValueError as error:
            raise DamagedError(f"{NAME}: {error}") from error
        if manifest.block != BLOCK:
            raise DamagedError(f"{NAME}: expected blocks of {BLOCK} bytes, got {manifest.block}")
        return manifest


def _options(address: str) -> dict[str, Any]:
    if address.startswith(("http://", "https://")):
        from aiohttp import ClientTimeout

        timeout = ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=PATIENCE)
        # Else fsspec passes by the user's proxy.
        return {"client_kwargs": {"timeout": timeout, "trust_env": True}}
    if address.startswith("s3://"):
        tries = {"max_attempts": 2}
        return {
            "config_kwargs": {
                "connect_timeout": PATIENCE,
                "read_timeout": PATIENCE,
                "retries": tries,
            }
        }
    return {}


def _reason(error: Exception) -> str:
    """Why there is no answer, in a line."""
    from aiohttp import ClientResponseError

    if isinstance(error, ClientResponseError):
        return f"expected an answer, got HTTP status {error.status}"
    if isinstance(error, FileNotFoundError):
        return f"expected a published store, got no {NAME} there (none, or one that is being sent)"
    if isinstance(error, TimeoutError):
        return f"expected an answer that goes on, got none for {PATIENCE:g} s, or a very slow one"
    told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"expected an answer, got {told}"
