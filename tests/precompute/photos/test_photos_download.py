"""Datasets from elsewhere, on a server that breaks off, changes its mind, or knows no ranges."""

import functools
import http.server
import io
import random
import socket
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos import size_limits
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.sources import download, remote_files
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset

JPEG = b"\xff\xd8\xff\xe0 a photo, as far as its first bytes go"

IN_FLIGHT = 500_000
"""Bytes that have come and are lost when the connection breaks."""


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


@dataclass
class Host:
    """What a server has and how it behaves; `log` is what it was asked for, with the range."""

    files: dict[str, bytes] = field(default_factory=dict)
    etag: str = '"one"'
    ranges: bool = True
    length: bool = True
    head: bool = True
    breaks: list[int] = field(default_factory=list)
    status: int = 0
    log: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = ""

    @property
    def gets(self) -> list[tuple[str, str]]:
        return [(path, asked) for method, path, asked in self.log if method == "GET"]


class Handler(http.server.BaseHTTPRequestHandler):
    host: Host

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        host, asked = self.host, self.headers.get("Range", "")
        host.log.append((self.command, self.path, asked))
        content = host.files.get(unquote(self.path))
        if host.status or content is None or not (body or host.head):
            self.send_error(host.status or (404 if content is None else 405))
            return
        whole = self.headers.get("If-Range", host.etag) != host.etag or not host.ranges
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not whole else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if host.length:
            self.send_header("Content-Length", str(len(content) - start))
        if host.etag:
            self.send_header("ETag", host.etag)
        if self.path.endswith("/"):
            self.send_header("Content-Type", "text/html")
        self.end_headers()
        if body:
            end = start + host.breaks.pop(0) if host.breaks else len(content)
            self.wfile.write(content[start:end])
        self.close_connection = True


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setattr(download, "PAUSE", 0.001)
    monkeypatch.setattr(remote_files, "CHUNK", 1 << 16)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    host = Host()
    handler = type("Bound", (Handler,), {"host": host})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        host.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield host
        server.shutdown()
        thread.join()


@functools.cache
def packed(seed: int = 0) -> bytes:
    noise = random.Random(seed)  # noqa: S311  no secret
    with zipfile.ZipFile(data := io.BytesIO(), "w") as opened:
        for name in ("cat/1.jpg", "dog/1.jpg"):
            opened.writestr(zipfile.ZipInfo(name), JPEG + noise.randbytes(1_000_000))
    return data.getvalue()


def read(host: Host, cache: Path, path: str = "/set.zip") -> list[Entry]:
    return open_dataset(DatasetSettings(host.address + path), cache, quiet).entries


def labels(entries: list[Entry]) -> dict[str, str]:
    return {entry.path: entry.label for entry in entries if entry.outcome is None}


def downloaded(cache: Path) -> dict[str, bytes]:
    """What lies there of downloads, whole under "whole" and in parts under "part"."""
    return {
        "part" if path.suffix else "whole": path.read_bytes()
        for path in (cache / "downloads").rglob("*")
        if path.is_file()
    }


def test_an_archive_is_downloaded_once(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    told: list[tuple[str, int, int]] = []
    address = f"{host.address}/set.zip"
    first = open_dataset(
        DatasetSettings(address), tmp_path, lambda *args: told.append(args)
    ).entries
    assert labels(first) == {"cat/1.jpg": "cat", "dog/1.jpg": "dog"}
    size = len(packed())
    assert ("downloading", size, size) in told
    assert open_dataset(DatasetSettings(address), tmp_path, quiet).entries == first
    assert host.gets == [("/set.zip", "")]
    assert downloaded(tmp_path) == {"whole": packed()}


def test_a_download_that_breaks_goes_on_where_it_was(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    host.breaks = [600_000, 0, 600_000]
    read(host, tmp_path)
    starts = [int(asked.strip("bytes=-") or 0) for _, asked in host.gets]
    assert starts[0] == 0
    assert 600_000 - IN_FLIGHT < starts[1] == starts[2] <= 600_000
    assert 600_000 - IN_FLIGHT < starts[3] - starts[2] <= 600_000
    assert downloaded(tmp_path) == {"whole": packed()}


@pytest.mark.parametrize("etag", ['"one"', ""])
def test_another_run_goes_on_where_the_last_one_gave_up(
    host: Host, tmp_path: Path, etag: str
) -> None:
    host.files["/set.zip"] = packed()
    host.etag = etag
    host.breaks = [1_234_567] + [0] * download.TRIES
    with pytest.raises(UserError, match="run it again to go on"):
        read(host, tmp_path)
    part = downloaded(tmp_path)["part"]
    assert 1_234_567 - IN_FLIGHT < len(part) <= 1_234_567
    assert part == packed()[: len(part)]
    host.log.clear()
    assert len(labels(read(host, tmp_path))) == 2
    assert host.gets == [("/set.zip", f"bytes={len(part)}-")]
    assert downloaded(tmp_path) == {"whole": packed()}


def test_a_file_that_has_changed_is_fetched_from_its_beginning(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    host.breaks = [1_234_567] + [0] * download.TRIES
    with pytest.raises(UserError):
        read(host, tmp_path)
    host.files["/set.zip"], host.etag = packed(1), '"two"'
    host.log.clear()
    read(host, tmp_path)
    assert host.gets == [("/set.zip", "")]
    assert downloaded(tmp_path) == {"whole": packed(1)}


def test_a_file_that_changes_in_between_is_never_mixed(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    host.breaks = [1_234_567]

    def change(_step: str, done: int, _total: int) -> None:
        if done >= 500_000:
            host.files["/set.zip"], host.etag = packed(1), '"two"'

    open_dataset(DatasetSettings(f"{host.address}/set.zip"), tmp_path, change)
    assert downloaded(tmp_path) == {"whole": packed(1)}


def test_a_host_without_ranges_sends_it_again(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    host.ranges = False
    host.breaks = [1_000_000, 2_000_000]
    read(host, tmp_path)
    assert downloaded(tmp_path) == {"whole": packed()}


def test_a_host_that_says_no_length_is_believed_at_the_end(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    host.length, host.etag = False, ""
    assert len(labels(read(host, tmp_path))) == 2
    host.files["/set.zip"] = packed(1)  # nothing tells that it has not changed
    read(host, tmp_path)
    assert downloaded(tmp_path) == {"whole": packed(1)}
    host.breaks = [500_000] * 9
    with pytest.raises(UserError, match="can't be read"):
        read(host, tmp_path)


def test_a_host_that_knows_no_head_is_asked_otherwise(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    host.head = False
    assert len(labels(read(host, tmp_path))) == 2


def test_without_an_answer_what_is_there_is_taken(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = packed()
    first = read(host, tmp_path)
    host.status = 503
    assert read(host, tmp_path) == first
    with pytest.raises(UserError, match="503"):
        read(host, tmp_path / "other")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(404, "nothing there"), (410, "nothing there"), (403, "allow it"), (500, "try again later")],
)
def test_what_a_host_refuses_is_said_in_one_line(
    host: Host, tmp_path: Path, status: int, expected: str
) -> None:
    host.status = status
    with pytest.raises(UserError, match=f"{status}.*{expected}|{expected}.*{status}") as caught:
        read(host, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:9/set.zip", "look at the network"),
        ("http://no-such-host.invalid/set.zip", "look at the network"),
        ("http://", "mend the address"),
        ("nosuch://bucket/set.zip", "Protocol not known"),
        ("memory://nothing/here.zip", "nothing there"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, expected: str
) -> None:
    find = socket.getaddrinfo

    def find_here(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "no-such-host.invalid":  # else the test would wait for the network
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return find(name, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", find_here)
    with pytest.raises(UserError, match=expected) as caught:
        open_dataset(DatasetSettings(address), tmp_path, quiet)
    assert "\n" not in str(caught.value)


def test_a_disk_too_small_stops_before_the_download(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.files["/set.zip"] = packed()
    monkeypatch.setattr(size_limits, "RESERVE", 1 << 60)
    with pytest.raises(UserError, match="of free disk"):
        read(host, tmp_path)
    assert host.gets == []


def test_a_web_page_is_no_dataset(host: Host, tmp_path: Path) -> None:
    host.files["/set.zip"] = b"<html>Please sign in</html>"
    with pytest.raises(UserError, match="a web page"):
        read(host, tmp_path)


def listing(*names: str) -> bytes:
    return "".join(f'<a href="{name}">{name}</a>\n' for name in names).encode()


def test_a_folder_of_a_web_server(host: Host, tmp_path: Path) -> None:
    host.files = {
        "/set/": listing("?C=N;O=D", "../", "cat/", "dog/", "index.txt", "/elsewhere/3.jpg", "."),
        "/set/cat/": listing("/set/", "a%20b.jpg", "2.jpg", "gone.jpg", "big.jpg"),
        "/set/dog/": listing("1.jpg", "../../../secret.jpg", "more.zip"),
        "/set/cat/a b.jpg": JPEG + b"1",
        "/set/cat/2.jpg": JPEG + b"2",
        "/set/cat/big.jpg": JPEG + bytes(9000),
        "/set/dog/1.jpg": JPEG + b"3",
        "/set/index.txt": b"what is in here",
        "/secret.jpg": JPEG,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(download, "MAX_FILE", 8192)
        entries = read(host, tmp_path, "/set/")
    assert labels(entries) == {"cat/2.jpg": "cat", "cat/a b.jpg": "cat", "dog/1.jpg": "dog"}
    outcomes = {entry.path: entry.outcome for entry in entries if entry.outcome}
    assert outcomes.pop("index.txt") == "ignore"
    assert outcomes.pop("cat/gone.jpg") == "reject"
    assert outcomes.pop("cat/big.jpg") == "reject"
    assert set(outcomes.values()) <= {"reject"}
    assert not any("secret" in path and method == "GET" for method, path, _ in host.log)
    assert [entry.file.read_bytes()[-1:] for entry in entries if entry.file] == [b"2", b"1", b"3"]
    host.log.clear()
    read(host, tmp_path, "/set/")
    assert not {path for path, _ in host.gets} & {"/set/cat/2.jpg", "/set/dog/1.jpg"}


def test_a_table_on_a_web_server_names_only_what_lies_below_it(host: Host, tmp_path: Path) -> None:
    rows = ["in/1.jpg,cat", "./in/1.jpg,cat", "a#b?.jpg,dog", "../up.jpg,dog", "/etc/passwd,dog"]
    other = ["http://127.0.0.1/x.jpg,dog", "C:\\x.jpg,dog"]
    host.files = {
        "/set/list.csv": "\n".join(["path,label", *rows, *other]).encode(),
        "/set/in/1.jpg": JPEG,
        "/set/a#b?.jpg": JPEG,
        "/up.jpg": JPEG,
    }
    entries = read(host, tmp_path, "/set/list.csv")
    assert labels(entries) == {"in/1.jpg": "cat", "./in/1.jpg": "cat", "a#b?.jpg": "dog"}
    rejected = {entry.path for entry in entries if entry.outcome == "reject"}
    assert rejected == {"../up.jpg", "/etc/passwd", "http://127.0.0.1/x.jpg", "C:\\x.jpg"}
    assert not any("up.jpg" in path for _, path, _ in host.log)


@pytest.mark.parametrize("header", ["id,breed\n", ""])
def test_ids_of_a_table_on_a_web_server_are_found_in_its_list(
    host: Host, tmp_path: Path, header: str
) -> None:
    host.files = {
        "/set/list.csv": f"{header}00a7,cat\n00b8,dog\n".encode(),
        "/set/": listing("list.csv", "train/"),
        "/set/train/": listing("00a7.jpg", "00b8.png"),
        "/set/train/00a7.jpg": JPEG,
        "/set/train/00b8.png": JPEG + b"2",
    }
    entries = read(host, tmp_path, "/set/list.csv")
    assert labels(entries) == {"train/00a7.jpg": "cat", "train/00b8.png": "dog"}
    del host.files["/set/"]
    with pytest.raises(UserError, match=r"column that names photos|got none that is there"):
        read(host, tmp_path, "/set/list.csv")


def test_texts_about_single_photos_are_not_fetched(host: Host, tmp_path: Path) -> None:
    host.files = {
        "/set/": listing("1.jpg", "1.txt", "2.jpg", "2.txt", "list.txt"),
        "/set/1.jpg": JPEG,
        "/set/2.jpg": JPEG + b"2",
        "/set/list.txt": b"1.jpg cat\n2.jpg dog\n",
    }
    assert labels(read(host, tmp_path, "/set/")) == {"1.jpg": "cat", "2.jpg": "dog"}
    assert not {path for path, _ in host.gets} & {"/set/1.txt", "/set/2.txt"}


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


def test_any_address_of_fsspec(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    contents = {
        "bucket/set.zip": packed(),
        "bucket/set/train/cat/1.jpg": JPEG,
        "bucket/set/test/cat/2.jpg": JPEG,
        "bucket/set/train/cat/.hidden.jpg": JPEG,
        "bucket/set/list.csv": b"train/cat/1.jpg,cat\ntest/cat/2.jpg,dog\n../set.zip,x\n",
    }
    for path, content in contents.items():
        memory.pipe_file(f"/{path}", content)
    entries = open_dataset(DatasetSettings("memory://bucket/set.zip"), tmp_path, quiet).entries
    assert labels(entries) == {
        "cat/1.jpg": "cat",
        "dog/1.jpg": "dog",
    }
    entries = open_dataset(DatasetSettings("memory://bucket/set"), tmp_path, quiet).entries
    assert {(entry.path, entry.label, entry.split) for entry in entries if entry.file} == {
        ("test/cat/2.jpg", "dog", "test"),  # as the table beside says, of folders of one class
        ("train/cat/1.jpg", "cat", "train"),
    }
    entries = open_dataset(DatasetSettings("memory://bucket/set/list.csv"), tmp_path, quiet).entries
    assert labels(entries) == {"test/cat/2.jpg": "dog", "train/cat/1.jpg": "cat"}
    assert {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")} == {
        "downloads",
        "photos",
        "unpacked",
    }
