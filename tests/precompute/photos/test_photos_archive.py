"""Archives, whole and hostile: what is taken, what is refused, and that nothing else is touched."""

import hashlib
import io
import json
import os
import random
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos import size_limits
from diamond_cutter.precompute.photos.archives import archive, zip_members
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset
from diamond_cutter.precompute.stores.folder_lock import lock_folder

JPEG = b"\xff\xd8\xff\xe0 a photo, as far as its first bytes go"
PHOTOS = {
    f"photos/{name}/{n}.jpg": JPEG + bytes([n]) * n for name in ("cat", "dog") for n in (1, 9)
}
WRITERS = ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]
HOSTILE_NAMES = [
    "../evil.jpg",
    "cat/../../evil.jpg",
    "cat/..",
    "/evil.jpg",
    "//host/share/evil.jpg",
    "C:/evil.jpg",
    "c:evil.jpg",
    "..\\..\\evil.jpg",
    "\\\\host\\share\\evil.jpg",
    "\\evil.jpg",
    "C:\\Windows\\evil.jpg",
    "./../evil.jpg",
]


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Path]:
    """A folder with things that must stay as they are, whatever a test opens in it."""
    root = tmp_path / "world"
    for name in ("evil.jpg", "inner/evil.jpg", "inner/home/evil.jpg", "inner/home/cat/1.jpg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("mine")
    before = snapshot(root)
    yield root
    assert snapshot(root) == before


def snapshot(root: Path) -> dict[str, tuple[int, int, str]]:
    """Mode, time and content of all below a folder but the cache and what is opened."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != "cache"]
        for path in (Path(folder) / name for name in [*folders, *files]):
            if not path.name.startswith("opened"):
                status = path.lstat()
                digest = hashlib.sha256(path.read_bytes() if path.is_file() else b"").hexdigest()
                when = status.st_mtime_ns if path.is_file() else 0
                found[str(path)] = (status.st_mode, when, digest)
    return found


def home(world: Path) -> Path:
    return world / "inner" / "home"


def read(world: Path, file: Path) -> list[Entry]:
    """The entries, after a look at whether their files lie in the cache under names of its own."""
    cache = home(world) / "cache"
    entries = open_dataset(DatasetSettings(str(file)), cache, quiet).entries
    again = open_dataset(DatasetSettings(str(file)), cache, quiet).entries
    assert again == entries
    paths = [entry.path for entry in entries]
    assert paths == sorted(set(paths))
    for entry in entries:
        entry.path.encode()
        assert (entry.outcome is None) == (not entry.reason) == (entry.file is not None)
        if entry.file is not None:
            assert entry.file.resolve().is_relative_to(cache.resolve())
            assert entry.file.relative_to(cache).parts[0] == "unpacked"
            assert stat.S_ISREG(entry.file.lstat().st_mode)
            assert entry.file.stem.isdigit()
    return entries


def write(world: Path, kind: str, members: dict[str, bytes]) -> Path:
    file = home(world) / f"opened.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, content in members.items():
                opened.writestr(name, content)
    else:
        packing = kind.removeprefix("tar").removeprefix(".")
        with tarfile.open(file, f"w:{packing}") as opened:  # type: ignore[call-overload]
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                opened.addfile(info, io.BytesIO(content))
    return file


def write_tar(world: Path, *infos: tarfile.TarInfo, kind: str = "tar") -> Path:
    """A tar of members without content and, at its end, a photo."""
    file = home(world) / f"opened.{kind}"
    with tarfile.open(file, "w") as opened:
        for info in infos:
            opened.addfile(info)
        last = tarfile.TarInfo("dog/last.jpg")
        last.size = len(JPEG)
        opened.addfile(last, io.BytesIO(JPEG))
    return file


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def outcomes(entries: list[Entry]) -> dict[str, str | None]:
    return {entry.path: entry.outcome for entry in entries}


def contents(entries: list[Entry]) -> dict[str, bytes]:
    return {entry.path: entry.file.read_bytes() for entry in entries if entry.file is not None}


def refused(world: Path, file: Path) -> str:
    """The one line by which the archive as a whole is refused; nothing of it stays unpacked."""
    with pytest.raises(UserError) as caught:
        open_dataset(DatasetSettings(str(file)), home(world) / "cache", quiet)
    assert "\n" not in str(caught.value)
    assert not [path for path in (home(world) / "cache").rglob("*") if path.is_file()]
    return str(caught.value)


@pytest.mark.parametrize("kind", WRITERS)
def test_an_archive_is_read_like_its_folder(world: Path, kind: str) -> None:
    extra = {"photos/": b"", "photos/cat/": b""} if kind == "zip" else {}
    ignored = {"photos/.DS_Store": b"x", "__MACOSX/photos/cat/._1.jpg": b"x", "photos/a.txt": b"x"}
    rejected = {"photos/cat/more.tar.gz": b"x", "photos/cat/x.heic": b"x"}
    file = write(world, kind, {**extra, **PHOTOS, **ignored, **rejected})
    entries = read(world, file)
    assert contents(entries) == PHOTOS
    labels = {entry.path: entry.label for entry in entries if entry.outcome is None}
    assert labels == {path: path.split("/")[1] for path in PHOTOS}
    assert {path for path, outcome in outcomes(entries).items() if outcome == "ignore"} == {
        *ignored
    }
    assert {path for path, outcome in outcomes(entries).items() if outcome == "reject"} == {
        *rejected
    }


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_path_that_leads_out_is_rejected(world: Path, kind: str, name: str) -> None:
    entries = read(world, write(world, kind, {name: JPEG, **PHOTOS}))
    assert contents(entries) == PHOTOS
    (bad,) = [entry for entry in entries if entry.path not in PHOTOS]
    assert bad.outcome == "reject"
    assert "path" in bad.reason


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize(
    "name",
    [
        "cat/'\"<script>alert(1)</script>&amp;.jpg",
        "cat/two\nlines\r\t.jpg",
        "cat/\x1b[2J\x07.jpg",
        "cat/\u202egpj.exe.jpg",
        "cat/猫 בּ 🐈.jpg",
        "cat/CON.jpg",
        "cat/aux",
        "cat/" + "n" * 900 + ".jpg",
        "cat/ .jpg ",
        "cat/%2e%2e%2fevil.jpg",
        "cat/$(touch evil).jpg",
        "cat/;rm -rf ~.jpg",
    ],
)
def test_any_other_name_is_taken_as_it_is(world: Path, kind: str, name: str) -> None:
    entries = read(world, write(world, kind, {name: JPEG, "dog/1.jpg": JPEG}))
    assert contents(entries) == {name: JPEG, "dog/1.jpg": JPEG}
    assert all(entry.file and entry.file.suffix in ("", ".jpg") for entry in entries)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_no_file_system_takes(world: Path, kind: str) -> None:
    long = "cat/" + "n" * 60_000 + ".jpg"
    entries = read(world, write(world, kind, {long: JPEG, **PHOTOS}))
    (bad,) = [entry for entry in entries if entry.path not in PHOTOS]
    assert (bad.outcome, len(bad.path)) == ("reject", 201)
    assert "60,008 characters" in bad.reason


def test_names_that_no_system_agrees_on(world: Path) -> None:
    """UTF-8 without the flag (macOS), code page 437, backslashes (.NET), bytes that are nothing."""
    file = home(world) / "opened.zip"
    with zipfile.ZipFile(file, "w") as opened:
        for name in ("Katze/1.jpg", "K?ln/2.jpg", "caf?/3.jpg"):
            opened.writestr(name, JPEG)
    data = file.read_bytes().replace(b"K?ln", "Köln".encode("cp437"))
    file.write_bytes(data.replace(b"Katze/1", "K\u0101ze/1".encode()).replace(b"caf?/", b"caf\\\\"))
    assert list(contents(read(world, file))) == ["Köln/2.jpg", "Kāze/1.jpg", "caf/3.jpg"]
    with tarfile.open(home(world) / "opened.tar", "w", encoding="latin-1", format=0) as tar:
        for name in ("caf\xe9/1.jpg", "dog/1.jpg"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    assert list(contents(read(world, home(world) / "opened.tar"))) == [
        "caf\\xe9/1.jpg",
        "dog/1.jpg",
    ]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_the_same_path_twice_and_paths_that_differ_in_case(world: Path, kind: str) -> None:
    names = ["cat/A.jpg", "cat/a.jpg", "Cat/a.jpg", "cat/b.jpg", "cat//b.jpg", "./cat/b.jpg"]
    members = {name: JPEG + str(at).encode() for at, name in enumerate(names)}
    entries = read(world, write(world, kind, members))
    assert contents(entries) == {name: members[name] for name in names[:4]}
    twice = [entry for entry in entries if entry.outcome == "reject"]
    assert [entry.path for entry in twice] == ["cat/b.jpg (copy 1)", "cat/b.jpg (copy 2)"]
    assert all("more than once" in entry.reason for entry in twice)


def test_what_a_tar_holds_besides_files_is_rejected(world: Path) -> None:
    outside = str(world / "evil.jpg")
    kinds = {
        "cat/soft.jpg": member("cat/soft.jpg", tarfile.SYMTYPE, outside),
        "cat/up.jpg": member("cat/up.jpg", tarfile.SYMTYPE, "../../evil.jpg"),
        "cat/hard.jpg": member("cat/hard.jpg", tarfile.LNKTYPE, outside),
        "cat/pipe.jpg": member("cat/pipe.jpg", tarfile.FIFOTYPE),
        "cat/disk.jpg": member("cat/disk.jpg", tarfile.BLKTYPE),
        "cat/zero.jpg": member("cat/zero.jpg", tarfile.CHRTYPE),
        "cat/what.jpg": member("cat/what.jpg", b"Z"),
        # A link to a folder, and a file that would be written through it.
        "cat/out": member("cat/out", tarfile.SYMTYPE, str(world)),
        "cat/out/evil.jpg": member("cat/out/evil.jpg", tarfile.REGTYPE),
    }
    entries = read(world, write_tar(world, *kinds.values()))
    found = outcomes(entries)
    assert {path for path, outcome in found.items() if outcome == "reject"} == {*kinds} - {
        "cat/out/evil.jpg"
    }
    assert contents(entries) == {"cat/out/evil.jpg": b"", "dog/last.jpg": JPEG}


def test_what_a_zip_holds_besides_files_is_rejected(world: Path) -> None:
    file = home(world) / "opened.zip"
    with zipfile.ZipFile(file, "w") as opened:
        for name, kind in {
            "soft": stat.S_IFLNK,
            "pipe": stat.S_IFIFO,
            "disk": stat.S_IFBLK,
        }.items():
            info = zipfile.ZipInfo(f"cat/{name}.jpg")
            info.external_attr = (kind | 0o777) << 16
            opened.writestr(info, "/etc/passwd")
        opened.writestr("dog/1.jpg", JPEG)
    entries = read(world, file)
    assert outcomes(entries) == {
        "cat/disk.jpg": "reject",
        "cat/pipe.jpg": "reject",
        "cat/soft.jpg": "reject",
        "dog/1.jpg": None,
    }


def test_files_keep_no_mode_of_the_archive(world: Path) -> None:
    info = tarfile.TarInfo("cat/1.jpg")
    info.mode = 0o6777
    entries = read(world, write_tar(world, info))
    assert entries[0].file is not None
    assert not entries[0].file.stat().st_mode & 0o7111


def encrypted(data: bytes, *names: bytes) -> bytes:
    """The zip with the flag of a password set at the members of these names."""
    changed = bytearray(data)
    for signature, flags, name_at in ((b"PK\x01\x02", 8, 46), (b"PK\x03\x04", 6, 30)):
        at = data.find(signature)
        while at >= 0:
            if any(data[at + name_at :].startswith(name) for name in names):
                changed[at + flags] |= 1
            at = data.find(signature, at + 1)
    return bytes(changed)


def test_members_with_a_password_are_rejected_and_an_archive_of_them_refused(world: Path) -> None:
    file = write(world, "zip", PHOTOS)
    whole = file.read_bytes()
    file.write_bytes(encrypted(whole, b"photos/cat/1.jpg"))
    entries = read(world, file)
    assert contents(entries) == {path: PHOTOS[path] for path in PHOTOS if "cat/1" not in path}
    assert "password" in next(entry.reason for entry in entries if entry.outcome)
    file.write_bytes(encrypted(whole, b"photos/"))
    os.utime(file, (1, 1))
    with pytest.raises(UserError, match="protected by a password"):
        open_dataset(DatasetSettings(str(file)), home(world) / "cache", quiet)


def zip_fields(name: bytes, packed: bytes, size: int, crc: int, offset: int) -> tuple[bytes, bytes]:
    """A member's own header with its bytes, and its entry in the table of contents."""
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + common
    entry += struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
    return b"PK\x03\x04" + common + name + packed, entry


def zip_end(entries: list[bytes], offset: int) -> bytes:
    table = b"".join(entries)
    count = min(len(entries), 0xFFFF)
    return table + struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(table), offset, 0
    )


def deflated(size: int) -> tuple[bytes, int]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    crc, parts = 0, []
    for _ in range(size >> 20):
        parts.append(packer.compress(bytes(1 << 20)))
        crc = zlib.crc32(bytes(1 << 20), crc)
    return b"".join(parts) + packer.flush(), crc


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits a thousandth as wide, so that a test need not write gigabytes."""
    for module in (size_limits, archive, zip_members):
        for name in ("MAX_FILE", "FLOOR"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, 1 << 20)
    for name in ("MAX_RATIO", "_LOOK"):
        monkeypatch.setattr(size_limits, name, 10 if name == "MAX_RATIO" else 1 << 16)


@pytest.mark.usefixtures("tight")
def test_a_file_too_large_is_rejected_by_what_it_says(world: Path) -> None:
    noise = random.Random(0).randbytes(2 << 20)  # noqa: S311  no secret
    for kind in ("zip", "tar"):
        entries = read(world, write(world, kind, {"cat/huge.jpg": noise, "dog/1.jpg": JPEG}))
        assert outcomes(entries) == {"cat/huge.jpg": "reject", "dog/1.jpg": None}
        assert "at most 0.0 GB" in entries[0].reason


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_bomb_that_says_so_is_refused(world: Path, kind: str) -> None:
    file = write(world, kind, {f"cat/{n}.jpg": bytes(900_000) for n in range(4)})
    assert file.stat().st_size < 50_000
    assert "made to fill disks" in refused(world, file)


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize("said", [10, 1 << 19])
def test_a_bomb_that_says_less_is_cut_at_what_it_says(world: Path, said: int) -> None:
    packed, crc = deflated(8 << 20)
    record, entry = zip_fields(b"cat/1.jpg", packed, said, crc, 0)
    file = home(world) / "opened.zip"
    file.write_bytes(record + zip_end([entry], len(record)))
    (bomb,) = read(world, file)
    assert (bomb.outcome, bomb.file) == ("reject", None)
    assert "CRC" in bomb.reason
    kept = [path for path in (home(world) / "cache").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == ["index.json"]


@pytest.mark.usefixtures("tight")
def test_a_tar_that_hides_a_bomb_behind_ignored_files_is_refused(world: Path) -> None:
    file = write(world, "tar.gz", {f"{n}.txt": bytes(900_000) for n in range(4)})
    assert "made to fill disks" in refused(world, file)


@pytest.mark.usefixtures("tight")
def test_a_bomb_after_the_end_of_a_tar_is_refused(world: Path) -> None:
    import gzip

    whole = write(world, "tar", PHOTOS).read_bytes()
    file = home(world) / "opened.tar.gz"
    file.write_bytes(gzip.compress(whole + bytes(4 << 20)))
    assert "made to fill disks" in refused(world, file)


def test_members_that_share_bytes_are_refused(world: Path) -> None:
    """Fifield's bomb quotes each member's header in the one before; here all are the same bytes."""
    record, _ = zip_fields(b"cat/1.jpg", *deflated_photo(), 0)
    entries = [zip_fields(f"cat/{n}.jpg".encode(), *deflated_photo(), 0)[1] for n in range(1, 5)]
    file = home(world) / "opened.zip"
    file.write_bytes(record + zip_end(entries, len(record)))
    assert "share bytes" in refused(world, file)
    inside = zip_fields(b"cat/1.jpg", record, len(record), zlib.crc32(record), 0)[0]
    nested = zip_fields(b"cat/2.jpg", *deflated_photo(), 39)[1]
    outer = zip_fields(b"cat/1.jpg", record, len(record), zlib.crc32(record), 0)[1]
    file.write_bytes(inside + zip_end([outer, nested], len(inside)))
    assert "share bytes" in refused(world, file)


def deflated_photo() -> tuple[bytes, int, int]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(JPEG) + packer.flush(), len(JPEG), zlib.crc32(JPEG)


def test_too_many_members_are_refused(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    monkeypatch.setattr(zip_members, "MAX_ENTRIES", 3)
    for kind in ("zip", "tar"):
        assert "at most 3" in refused(world, write(world, kind, {**PHOTOS, "a/b.txt": b""}))


def test_a_zip_whose_table_is_too_large_is_refused(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_members, "MAX_DIRECTORY", 1 << 16)
    file = write(world, "zip", {f"cat/{n:0300}.jpg": b"" for n in range(300)})
    assert "a table of contents of 0 MB" in refused(world, file)


def test_a_full_disk_stops_before_and_while_unpacking(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = random.Random(1).randbytes(1 << 20)  # noqa: S311  no secret
    monkeypatch.setattr(size_limits, "_LOOK", 1 << 18)
    monkeypatch.setattr(size_limits, "RESERVE", 1 << 60)
    for kind in ("zip", "tar"):
        file = write(world, kind, {f"cat/{n}.jpg": noise for n in range(2)})
        assert "of free disk" in refused(world, file)


@pytest.mark.parametrize("kind", WRITERS)
def test_an_archive_that_was_cut_short_is_refused(world: Path, kind: str) -> None:
    noise = random.Random(2)  # noqa: S311  no secret
    file = write(world, kind, {f"cat/{n}.jpg": noise.randbytes(5000) for n in range(8)})
    whole = file.read_bytes()
    for share in (0.1, 0.5, 0.8):
        file.write_bytes(whole[: int(len(whole) * share)])
        assert "can't be read" in refused(world, file)
    if kind == "tar":  # at the end of a member nothing but the closing zeros is missing
        for end in (0, 512, 5):
            file.write_bytes(whole[: (512 + 5120) * 4 + end])
            assert re.search("ends early|unexpected end", refused(world, file))


def test_a_damaged_member_of_a_zip_is_rejected_and_the_others_taken(world: Path) -> None:
    file = write(world, "zip", PHOTOS)
    data = bytearray(file.read_bytes())
    data[data.find(b"photos/cat/9.jpg") + 20] ^= 0xFF
    file.write_bytes(data)
    entries = read(world, file)
    assert outcomes(entries) == {path: "reject" if "cat/9" in path else None for path in PHOTOS}
    assert "can't be unpacked" in entries[1].reason


def test_a_header_of_a_tar_that_makes_no_sense_is_not_its_end(world: Path) -> None:
    file = write(world, "tar", PHOTOS)
    data = bytearray(file.read_bytes())
    data[data.find(b"photos/dog/1.jpg")] ^= 0xFF  # its checksum is wrong now
    file.write_bytes(data)
    assert "makes no sense" in refused(world, file)


def pax(size: int, content: bytes) -> bytes:
    """An extended header of a tar that says `size`, and before it nothing that is wrong."""
    info = tarfile.TarInfo("pax")
    info.type = tarfile.XHDTYPE
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT) + content


@pytest.mark.parametrize(
    "head",
    [
        pax(10 << 30, b""),
        pax(10 << 20, bytes(10 << 20)),
        pax(200_000, b"9" * 200_000 + bytes(192)),  # CVE-2024-6232
        tarfile.TarInfo("a").tobuf().replace(b"0" * 11, b"-0000000777"),
        b"".join(pax(0, b"") for _ in range(3000)),
        pax(512, b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n".ljust(512, b"\0"))
        + tarfile.TarInfo("cat/1.jpg").tobuf()
        + (b"99999999999\n" + b"1\n" * 250) * 2000,
    ],
    ids=["huge", "large", "digits", "negative", "chain", "map"],
)
def test_headers_made_to_take_time_or_memory_are_refused(world: Path, head: bytes) -> None:
    file = home(world) / "opened.tar"
    # Behind a plain photo, so that the file is taken for a tar.
    photo = write(world, "tar", {"cat/0.jpg": JPEG}).read_bytes()[:1024]
    file.write_bytes(photo + head + write(world, "tar", PHOTOS).read_bytes())
    refused(world, file)


def test_a_negative_size_does_not_go_round_for_ever(world: Path) -> None:
    """CVE-2025-8194: a negative size in base 256 led back to the same header."""
    info = tarfile.TarInfo("cat/1.jpg")
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[124:136] = b"\xff" * 10 + (0x10000 - 1024).to_bytes(2, "big")
    head[148:156] = b" " * 8
    head[148:156] = f"{sum(head):06o}\0 ".encode()
    file = home(world) / "opened.tar"
    file.write_bytes(bytes(head) * 3 + bytes(10240))
    refused(world, file)


def test_a_sparse_file_is_rejected(world: Path) -> None:
    body = b"1\n0\n10\n".ljust(512, b"\0") + b"0123456789".ljust(512, b"\0")
    fields = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}
    info = tarfile.TarInfo("cat/1.jpg")
    info.size = 1024
    info.pax_headers = fields
    file = home(world) / "opened.tar"
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as opened:
        opened.addfile(info, io.BytesIO(body))
    (entry,) = read(world, file)
    assert (entry.outcome, entry.file) == ("reject", None)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_of_zip_is_read(world: Path, method: int) -> None:
    file = home(world) / "opened.zip"
    large = {"cat/1.jpg": JPEG * 40_000, "dog/1.jpg": JPEG}
    with zipfile.ZipFile(file, "w", method) as opened:
        for name, content in large.items():
            opened.writestr(name, content)
    assert contents(read(world, file)) == large


def test_zip64_and_streamed_members_are_read(world: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in PHOTOS.items():
            with opened.open(name, "w", force_zip64=True) as target:
                target.write(content)
    file = home(world) / "opened.zip"
    file.write_bytes(pipe.data)
    assert contents(read(world, file)) == PHOTOS


def test_a_table_in_the_archive_says_the_classes(world: Path) -> None:
    table = b"path,label,split\nimages/1.jpg,cat,train\nimages/2.jpg,dog,test\n../evil.jpg,cat,\n"
    photos = {f"set/images/{n}.jpg": JPEG + bytes([n]) for n in (1, 2, 3)}
    entries = read(world, write(world, "zip", {"set/labels.csv": table, **photos}))
    assert {entry.path: (entry.label, entry.split, entry.outcome) for entry in entries} == {
        "../evil.jpg": ("cat", "", "reject"),
        "set/images/1.jpg": ("cat", "train", None),
        "set/images/2.jpg": ("dog", "test", None),
        "set/images/3.jpg": ("", "", "reject"),
        "set/labels.csv": ("", "", "ignore"),
    }
    folders = {**PHOTOS, "photos/extra.csv": b"path,label\ncat/1.jpg,bird\n"}
    labels = {entry.label for entry in read(world, write(world, "tar", folders))}
    assert labels == {"", "cat", "dog"}


def test_what_is_unpacked_is_used_again_until_the_archive_changes(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(world, "zip", PHOTOS)
    first = read(world, file)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "_fill", None)
        assert read(world, file) == first
    assert first[0].file is not None
    first[0].file.unlink()  # somebody tidied up
    assert read(world, file) == first
    assert contents(first) == PHOTOS
    write(world, "zip", {**PHOTOS, "photos/dog/2.jpg": JPEG})
    assert len(read(world, file)) == len(first) + 1


@pytest.mark.parametrize("moment", [1, 3])
def test_a_killed_run_leaves_nothing_that_is_taken_for_whole(
    world: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    file = write(world, "tar", PHOTOS)
    keep: Callable[..., object] = archive._keep

    def kill(*args: object) -> object:
        if args[2] == moment:
            os._exit(9)
        return keep(*args)

    monkeypatch.setattr(archive, "_keep", kill)
    if (child := os.fork()) == 0:
        open_dataset(DatasetSettings(str(file)), home(world) / "cache", quiet)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = [path.name for path in (home(world) / "cache").rglob("*") if path.is_file()]
    assert len(left) == moment
    monkeypatch.undo()
    assert contents(read(world, file)) == PHOTOS
    assert not list((home(world) / "cache").rglob("stage"))


def test_another_run_in_the_same_folder_is_told_of(world: Path) -> None:
    file = write(world, "zip", PHOTOS)
    read(world, file)
    (folder,) = (home(world) / "cache" / "unpacked").iterdir()
    (folder / "files" / "index.json").write_text(json.dumps([]) + "x")
    with lock_folder(folder), pytest.raises(UserError, match="another run is filling it"):
        open_dataset(DatasetSettings(str(file)), home(world) / "cache", quiet)
    assert contents(read(world, file)) == PHOTOS


@pytest.mark.parametrize("kind", WRITERS)
def test_damage_anywhere_is_a_line_or_a_reason(world: Path, kind: str) -> None:
    """Flipped, cut, doubled and swapped bytes of a valid archive: never an exception of another
    kind, never a file elsewhere, never a photo that is not what was packed."""
    rng = random.Random(f"damage {kind}")  # noqa: S311  no secret
    members = {
        **{f"set/{name}/{n}.jpg": JPEG + rng.randbytes(300) for name in "ab" for n in (1, 2)},
        "set/ä/" + "long" * 40 + ".png": b"\x89PNG" + bytes(600),
        "set/a/x.txt": b"text",
        "../evil.jpg": JPEG,
    }
    file = write(world, kind, members)
    whole = file.read_bytes()
    good = set(members.values())
    lines = 0
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 2, 8])):
            at = rng.randrange(len(data))
            match rng.randrange(5):
                case 0:
                    data[at] ^= 1 << rng.randrange(8)
                case 1:
                    data[at : at + 4] = rng.choice([b"\xff" * 4, bytes(4), b"\x80\0\0\0"])
                case 2:
                    del data[at:]
                    data += b"\0"
                case 3:
                    other = rng.randrange(len(data))
                    data[at : at + 40] = data[other : other + 40]
                case 4:
                    data[at:at] = data[at : at + rng.randrange(600)]
        file.write_bytes(data)
        entries = attempt(world, file)
        if entries is None:
            lines += 1
        elif kind != "tar":  # a plain tar has no checksum of its contents
            assert set(contents(entries).values()) <= good
    assert 20 < lines < 120


def attempt(world: Path, file: Path) -> list[Entry] | None:
    """The entries; None for an archive that is refused, in one line."""
    try:
        return open_dataset(DatasetSettings(str(file)), home(world) / "cache", quiet).entries
    except UserError as error:
        if "\n" in str(error):
            raise
        return None
