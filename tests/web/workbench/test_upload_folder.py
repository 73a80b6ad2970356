"""Uploads: chunks in any order, names that mean harm, full disks, a hundred at once."""

import errno
import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.uploads import upload_folder
from diamond_cutter.web.workbench.uploads.upload_folder import (
    DiskFullError,
    UploadFolder,
)

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def uploads(tmp_path: Path) -> UploadFolder:
    return UploadFolder(tmp_path / "uploads", 10**9, reserve=0)


def send(uploads: UploadFolder, identity: str, content: bytes, chunk: int) -> Path:
    """Send what is missing, as the browser does; the file."""
    while (upload := uploads.upload(identity)).file is None:
        piece = content[upload.received : upload.received + chunk]
        uploads.append(identity, upload.received, io.BytesIO(piece))
    return upload.file


def test_chunks_become_the_file(uploads: UploadFolder) -> None:
    begun = uploads.begin("My Photos (2).ZIP", len(CONTENT), "1")
    assert (begun.received, begun.file) == (0, None)
    file = send(uploads, begun.id, CONTENT, 1000)
    assert file.read_bytes() == CONTENT
    assert file.name == "my-photos-2.zip"
    assert file.parent == uploads.folder / begun.id
    assert uploads.begin("My Photos (2).ZIP", len(CONTENT), "1").file == file


def test_an_upload_goes_on_where_it_stopped(uploads: UploadFolder) -> None:
    begun = uploads.begin("a.zip", len(CONTENT), "1")
    uploads.append(begun.id, 0, io.BytesIO(CONTENT[:3000]))
    again = UploadFolder(uploads.folder, uploads.limit, 0).begin("a.zip", len(CONTENT), "1")
    assert (again.id, again.received) == (begun.id, 3000)
    assert send(uploads, again.id, CONTENT, 4096).read_bytes() == CONTENT


def test_another_file_of_the_same_name_is_another_upload(uploads: UploadFolder) -> None:
    ids = {uploads.begin("a.zip", size, mark).id for size, mark in ((9, "1"), (9, "2"), (8, "1"))}
    assert len(ids) == 3


@pytest.mark.parametrize("at", [0, 999, 1001, 5000, -1])
def test_a_chunk_for_another_place_changes_nothing(uploads: UploadFolder, at: int) -> None:
    begun = uploads.begin("a.zip", len(CONTENT), "1")
    uploads.append(begun.id, 0, io.BytesIO(CONTENT[:1000]))
    assert uploads.append(begun.id, at, io.BytesIO(b"x" * 100)).received == 1000
    assert send(uploads, begun.id, CONTENT, 5000).read_bytes() == CONTENT


def test_what_came_before_a_connection_broke_is_kept(uploads: UploadFolder) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if found := super().read(size):
                return found
            raise ConnectionError("gone")

    begun = uploads.begin("a.zip", len(CONTENT), "1")
    with pytest.raises(ConnectionError):
        uploads.append(begun.id, 0, Broken(CONTENT[:700]))
    assert uploads.upload(begun.id).received in (0, 700)  # whole pieces, none of them damaged
    assert send(uploads, begun.id, CONTENT, 1000).read_bytes() == CONTENT


def test_more_bytes_than_announced_are_refused(uploads: UploadFolder) -> None:
    begun = uploads.begin("a.zip", 1000, "1")
    uploads.append(begun.id, 0, io.BytesIO(b"x" * 600))
    with pytest.raises(UserError, match="expected 1,000 bytes, got more"):
        uploads.append(begun.id, 600, io.BytesIO(b"x" * 401))
    assert uploads.upload(begun.id).received == 600


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x.zip",
        "/etc/passwd.zip",
        "C:\\Windows\\system32\\x.zip",
        "..\\..\\x.tar.gz",
        "a\0b.zip",
        "a\nb\r.zip",
        "<script>alert(1)</script>.zip",
        '"><img src=x onerror=alert(1)>.tar',
        "\u202egpj.zip",
        "\ud800.zip",
        "é" * 400 + ".zip",
        "CON.zip",
        ".zip",
        "-rf.zip",
    ],
)
def test_no_name_leads_anywhere(uploads: UploadFolder, name: str) -> None:
    begun = uploads.begin(name, 3, "1")
    file = send(uploads, begun.id, b"abc", 3)
    assert file.relative_to(uploads.folder).parts[0] == begun.id
    assert all(letter.isascii() and (letter.isalnum() or letter in "-.") for letter in file.name)
    assert not file.name.startswith(("-", "."))
    assert {path.name for path in uploads.folder.parent.iterdir()} == {"uploads"}


@pytest.mark.parametrize("identity", ["..", "../a", "/etc", "a/b", "", ".", "a\0", "A", "a" * 61])
def test_no_id_leads_anywhere(uploads: UploadFolder, identity: str) -> None:
    uploads.begin("a.zip", 3, "1")
    for act in (
        lambda: uploads.upload(identity),
        lambda: uploads.append(identity, 0, io.BytesIO(b"abc")),
        lambda: uploads.remove(identity),
    ):
        with pytest.raises(UserError, match="expected one that has begun, got none"):
            act()
    assert len(uploads.uploads()) == 1


@pytest.mark.parametrize("name", ["photo.jpg", "a.7z", "a.rar", "zip", "", "a.csv", "a.zip/x"])
def test_what_is_no_archive_is_refused(uploads: UploadFolder, name: str) -> None:
    with pytest.raises(UserError, match="expected a"):
        uploads.begin(name, 3, "1")
    assert uploads.uploads() == []


def test_what_is_too_large_or_empty_is_refused_before_it_is_sent(uploads: UploadFolder) -> None:
    with pytest.raises(UserError, match=r"expected at most 1 GB, got 1\.5 GB"):
        uploads.begin("a.zip", 1_500_000_000, "1")
    with pytest.raises(UserError, match="got an empty file"):
        uploads.begin("a.zip", 0, "1")
    assert uploads.uploads() == []


def test_a_hundred_at_once(uploads: UploadFolder) -> None:
    contents = {f"{number}.zip": CONTENT[number:] * 3 for number in range(100)}

    def upload(name: str) -> bytes:
        begun = uploads.begin(name, len(contents[name]), "1")
        return send(uploads, begun.id, contents[name], 7000).read_bytes()

    with ThreadPoolExecutor(100) as pool:
        assert dict(zip(contents, pool.map(upload, contents), strict=True)) == contents


def test_two_windows_send_the_same_file(uploads: UploadFolder) -> None:
    begun = uploads.begin("a.zip", len(CONTENT), "1")
    with ThreadPoolExecutor(8) as pool:
        files = set(
            pool.map(lambda chunk: send(uploads, begun.id, CONTENT, chunk), range(300, 308))
        )
    assert [file.read_bytes() for file in files] == [CONTENT]


def test_only_so_many_are_unfinished(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_folder, "MOST_UNFINISHED", 5)
    for number in range(5):
        last = uploads.begin(f"{number}.zip", 3, "1")
    with pytest.raises(UserError, match="expected at most 5 uploads that have not ended"):
        uploads.begin("another.zip", 3, "1")
    send(uploads, last.id, b"abc", 3)
    assert uploads.begin("another.zip", 3, "1").received == 0


def test_room_is_asked_for_before(uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others have announced is not there for one more."""
    free = shutil.disk_usage("/")._replace(free=10_000)
    monkeypatch.setattr(upload_folder.shutil, "disk_usage", lambda _: free)
    uploads.begin("a.zip", 6_000, "1")
    with pytest.raises(DiskFullError, match="free some, remove uploads"):
        uploads.begin("b.zip", 5_000, "1")
    assert uploads.begin("b.zip", 4_000, "1").size == 4_000


def test_the_reserve_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = UploadFolder(tmp_path / "uploads", 10**12, reserve=1000)
    begun = uploads.begin("a.zip", len(CONTENT), "1")
    free = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(upload_folder.shutil, "disk_usage", lambda _: free)
    with pytest.raises(DiskFullError):
        uploads.append(begun.id, 0, io.BytesIO(CONTENT))
    assert uploads.upload(begun.id).received == 0


def test_a_full_disk_keeps_what_was_whole(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 GB in chunks of 1 MB on a disk that takes two and a half of them, then is freed."""
    real, state = upload_folder.os.fsync, {"full": True}

    def fsync(handle: int) -> None:
        if state["full"] and upload_folder.os.fstat(handle).st_size > 2_500_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(upload_folder.os, "fsync", fsync)
    monkeypatch.setattr(
        upload_folder.shutil,
        "disk_usage",
        lambda _: shutil._ntuple_diskusage(10**11, 10**10, 9 * 10**10),
    )
    uploads = UploadFolder(uploads.folder, 10**11, reserve=0)
    begun = uploads.begin("big.zip", 10**10, "1")
    for at in (0, 1_000_000):
        assert uploads.append(begun.id, at, io.BytesIO(bytes(10**6))).received == at + 10**6
    for _ in range(2):
        with pytest.raises(DiskFullError, match="free some, remove uploads, or"):
            uploads.append(begun.id, 2_000_000, io.BytesIO(b"x" * 10**6))
    assert (uploads.folder / begun.id / "part").read_bytes() == bytes(2_000_000)
    state["full"] = False
    assert uploads.append(begun.id, 2_000_000, io.BytesIO(b"x" * 10**6)).received == 3_000_000


def test_what_is_removed_is_gone(uploads: UploadFolder) -> None:
    begun = uploads.begin("a.zip", 3, "1")
    uploads.remove(begun.id)
    assert not (uploads.folder / begun.id).exists()
    assert uploads.uploads() == []
    assert uploads.begin("a.zip", 3, "1").received == 0
