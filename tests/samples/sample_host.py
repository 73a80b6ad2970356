"""A real HTTP server of a folder, for tests: it counts, and can be told to misbehave."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


@dataclass
class Host:
    """A folder that is served, and what was asked for.

    status: answers with it, if not 0. stalls: paths that contain it get half an answer. drips: a
    byte comes at a time, with a rest after each. changed: what becomes of a file's content, by its
    path. ranges: whether parts of files are given.
    """

    folder: Path
    address: str = ""
    status: int = 0
    stalls: str | None = None
    drips: bool = False
    changed: Callable[[str, bytes], bytes] = lambda _path, content: content
    ranges: bool = True
    requests: list[tuple[str, str | None, int]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def sent(self) -> int:
        """The bytes that were sent."""
        return sum(count for _, _, count in self.requests)


@contextmanager
def hosted(folder: Path) -> Iterator[Host]:
    """A folder served on this machine, as long as it lasts."""
    host = Host(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Served", (_Handler,), {"host": host}))
    server.daemon_threads = True
    host.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    host: Host
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(whole=False)

    def do_GET(self) -> None:
        self._answer(whole=True)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def _answer(self, *, whole: bool) -> None:
        host, path = self.host, unquote(self.path.partition("?")[0]).lstrip("/")
        file, asked = host.folder / path, self.headers.get("Range")
        status = host.status or (200 if file.is_file() else 404)
        content = host.changed(path, file.read_bytes()) if status == 200 else b""
        self.send_response(206 if status == 200 and asked and host.ranges else status)
        if status == 200 and asked and host.ranges:
            start, stop = _range(asked, len(content))
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
            content = content[start:stop]
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        host.requests.append((path, asked, len(content) if whole else 0))
        if whole:
            self._write(content, stalls=host.stalls is not None and host.stalls in path)

    def _write(self, content: bytes, *, stalls: bool) -> None:
        if stalls:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self.host.released.wait(60)
        elif self.host.drips:
            for byte in content:
                self.wfile.write(bytes([byte]))
                if self.host.released.wait(0.2):
                    break
        else:
            self.wfile.write(content)


def _range(asked: str, size: int) -> tuple[int, int]:
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
    assert match is not None
    first, last = match.groups()
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size
