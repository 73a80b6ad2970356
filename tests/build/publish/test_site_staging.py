import errno
import os
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from diamond_cutter.build.publish import site_staging
from diamond_cutter.build.publish.site_manifest import NAME, Manifest
from diamond_cutter.build.publish.site_staging import Stage, publish, staged
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.folder_lock import lock_folder


def build(output: Path, files: dict[str, bytes]) -> set[str]:
    """Publish a site of these files; the paths of those that changed."""
    with staged(output) as stage:
        for path, content in files.items():
            stage.write(path, content)
        publish(stage, Manifest(dict(stage.files), pages={"layer/": "2"}))
        return stage.changed


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != NAME
    }


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_a_site_takes_the_place_of_the_last_one_whole(tmp_path: Path) -> None:
    output = tmp_path / "new" / "site"
    build(output, {"index.html": b"one", "old/index.html": b"old"})
    build(output, {"index.html": b"two", "a/b.txt": b"b"})
    assert contents(output) == {"index.html": b"two", "a/b.txt": b"b"}
    assert hidden(output.parent) == []


def test_a_file_that_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"same": b"same", "other": b"one", "long": b"three"})
    os.utime(output / "same", ns=(1_000, 2_000))
    assert build(output, {"same": b"same", "other": b"two", "long": b"fourth"}) == {"other", "long"}
    assert (output / "same").stat().st_mtime_ns == 2_000
    assert contents(output) == {"same": b"same", "other": b"two", "long": b"fourth"}


def test_a_file_that_somebody_has_changed_is_put_right(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"a": b"1234", "b": b"1234", "c": b"1234"})
    (output / "a").write_bytes(b"12345")
    (output / "b").write_bytes(b"4321")
    (output / "c").unlink()
    assert build(output, {"a": b"1234", "b": b"1234", "c": b"1234"}) == {"a", "b", "c"}
    assert contents(output) == {"a": b"1234", "b": b"1234", "c": b"1234"}


def test_a_build_that_fails_leaves_the_last_site(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"good"})

    def fail() -> None:
        with staged(output) as stage:
            stage.write("index.html", b"bad")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert contents(output) == {"index.html": b"good"}
    assert hidden(tmp_path) == []


@pytest.mark.parametrize(
    "content", [None, b"{}", b"not json", b'{"kind":"site","format_version":9}']
)
def test_a_folder_that_is_no_site_of_ours_is_refused_and_left(
    tmp_path: Path, content: bytes | None
) -> None:
    output = tmp_path / "photos"
    output.mkdir()
    (output / "mine.txt").write_bytes(b"mine")
    if content is not None:
        (output / NAME).write_bytes(content)
    with pytest.raises(UserError, match="photos: expected a site made by `diamond site`"):
        build(output, {"index.html": b""})
    assert contents(output) == {"mine.txt": b"mine"}


def test_a_file_in_the_place_of_the_folder_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "site").write_bytes(b"mine")
    with pytest.raises(UserError, match="expected a site made by"):
        build(tmp_path / "site", {"index.html": b""})
    assert (tmp_path / "site").read_bytes() == b"mine"


def test_a_file_in_the_place_of_a_folder_above_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(UserError, match="has a file where a folder should be"):
        build(tmp_path / "file" / "site", {"index.html": b""})


def test_an_atlas_that_cannot_be_read_is_not_told_as_a_place_that_cannot_be_written(
    tmp_path: Path,
) -> None:
    chunk = tmp_path / "atlas.zarr" / "net" / "stem" / "images" / "c" / "0"
    with pytest.raises(UserError) as caught, staged(tmp_path / "site"):
        raise PermissionError(errno.EACCES, "Permission denied", str(chunk))
    assert str(caught.value).startswith(f"{chunk}: Permission denied; mend that")
    assert hidden(tmp_path) == []


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    build(tmp_path / "site", {"index.html": b"one"})
    assert contents(tmp_path / "site") == {"index.html": b"one"}


def test_what_others_have_put_into_the_site_stays(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"one", "gone.html": b"gone"})
    (output / "CNAME").write_bytes(b"example.org")
    (output / ".git" / "objects").mkdir(parents=True)
    (output / ".git" / "objects" / "ab").write_bytes(b"object")
    (output / "link").symlink_to("CNAME")
    build(output, {"index.html": b"two"})
    assert contents(output) == {
        "index.html": b"two",
        "CNAME": b"example.org",
        ".git/objects/ab": b"object",
        "link": b"example.org",
    }
    assert (output / "link").is_symlink()


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_git_repository_in_the_site_stays_one(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"one"})
    git(output, "init", "--quiet")
    git(output, "add", ".")
    git(output, "commit", "--quiet", "--message", "one")
    git(output, "pack-refs", "--all")  # leaves .git/refs/heads empty, without which it is none
    for content in (b"two", b"three"):
        build(output, {"index.html": content})
        assert git(output, "log", "--format=%s") == "one\n"
    assert git(output, "status", "--short").splitlines()[-1] == " M index.html"
    git(output, "fsck", "--strict")


def test_folders_of_others_stay_as_they_are_and_those_that_were_ours_go(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"one", "gone/index.html": b"gone"})
    (output / "empty" / "inner").mkdir(parents=True)
    closed = output / "closed"
    closed.mkdir()
    (closed / "secret").write_bytes(b"secret")
    (closed / "secret").chmod(0o400)
    (closed / "to-nowhere").symlink_to("nowhere")
    (closed / "to-a-folder").symlink_to("../empty")
    closed.chmod(0o500)
    output.chmod(0o750)
    for _ in range(2):
        build(output, {"index.html": b"two"})
        assert not (output / "gone").exists()
        assert (output / "empty" / "inner").is_dir()
        modes = [(path.stat().st_mode & 0o777) for path in (output, closed, closed / "secret")]
        assert modes == [0o750, 0o500, 0o400]
        assert (closed / "to-nowhere").readlink() == Path("nowhere")
        assert (closed / "to-a-folder").readlink() == Path("../empty")
        assert (closed / "secret").read_bytes() == b"secret"
        assert hidden(tmp_path) == []
    closed.chmod(0o700)


def test_what_of_others_cannot_be_read_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"one"})
    (output / "theirs").mkdir()
    (output / "theirs" / "file").write_bytes(b"theirs")
    scan = os.scandir

    def refuse(path: Path) -> object:
        if str(path).endswith("site/theirs"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        with pytest.raises(UserError, match=r"theirs: expected what others .*Permission denied"):
            build(output, {"index.html": b"two"})
    assert contents(output) == {"index.html": b"one", "theirs/file": b"theirs"}


@pytest.mark.parametrize("path", ["b", "b/c", "a/index.html"])
def test_a_file_of_others_is_never_written_over(tmp_path: Path, path: str) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"one"})
    (output / path).parent.mkdir(exist_ok=True)
    (output / path).write_bytes(b"theirs")
    new = {"a/index.html": b"two", "b" if path == "b/c" else "b/index.html": b"two"}
    with pytest.raises(UserError, match=r"move it away\. The last site is as it was"):
        build(output, new)
    assert contents(output) == {"index.html": b"one", path: b"theirs"}
    (output / path).unlink()
    if path == "b/c":
        (output / "b").rmdir()
    build(output, new)
    assert contents(output) == new


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    output = tmp_path / "site"
    leftover = tmp_path / ".site.staging" / "models"
    leftover.mkdir(parents=True)
    (leftover / "half.html").write_bytes(b"half")
    build(output, {"index.html": b"one"})
    assert contents(output) == {"index.html": b"one"}
    assert hidden(tmp_path) == []


def test_two_builds_of_one_site_do_not_meet(tmp_path: Path) -> None:
    folder = tmp_path / ".site.staging"
    folder.mkdir()
    (folder / "theirs").write_bytes(b"theirs")
    with lock_folder(folder):
        with pytest.raises(UserError, match="another `diamond site` is writing it"):
            build(tmp_path / "site", {"index.html": b""})
        assert (folder / "theirs").read_bytes() == b"theirs"


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "site").symlink_to(tmp_path / "elsewhere")
    build(tmp_path / "site", {"index.html": b"one"})
    build(tmp_path / "site", {"index.html": b"two"})
    assert (tmp_path / "site").is_symlink()
    assert contents(tmp_path / "elsewhere") == {"index.html": b"two"}


@pytest.fixture
def no_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_staging, "_exchange", lambda _one, _other: False)


@pytest.mark.usefixtures("no_exchange")
def test_without_an_exchange_of_folders_the_swap_takes_two_renames(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"one"})
    build(output, {"index.html": b"two"})
    assert contents(output) == {"index.html": b"two"}
    assert hidden(tmp_path) == []


@pytest.mark.usefixtures("no_exchange")
def test_a_build_killed_between_the_two_renames_is_taken_back(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, {"index.html": b"one"})
    output.rename(tmp_path / ".site.last")
    (tmp_path / ".site.staging").mkdir()
    with pytest.raises(ZeroDivisionError), staged(output):
        raise ZeroDivisionError
    assert contents(output) == {"index.html": b"one"}
    assert hidden(tmp_path) == []


def test_a_file_system_without_links_gets_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    output = tmp_path / "site"
    build(output, {"same": b"same"})
    os.utime(output / "same", ns=(1_000, 2_000))
    monkeypatch.setattr(os, "link", refuse)
    assert build(output, {"same": b"same"}) == set()
    assert (output / "same").stat().st_mtime_ns == 2_000


@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.ENOSPC, "full disk"), (errno.EROFS, "read-only"), (errno.EACCES, "not to be written")],
)
def test_a_place_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    def refuse(self: Path, _content: bytes) -> None:
        raise OSError(number, os.strerror(number), str(self))

    output = tmp_path / "site"
    build(output, {"index.html": b"good"})
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(UserError, match=message) as caught:
        build(output, {"index.html": b"new"})
    assert "index.html" in str(caught.value)
    assert contents(output) == {"index.html": b"good"}


def test_another_error_of_the_system_keeps_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Stage, _path: str, _content: bytes) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(Stage, "write", fail)
    with pytest.raises(OSError, match="broken"):
        build(tmp_path / "site", {"index.html": b""})


def test_a_file_written_in_parts_is_kept_where_it_is_the_same(tmp_path: Path) -> None:
    output = tmp_path / "site"
    for parts, changed in (([b"one\n", b"two\n"], True), ([b"one\ntwo", b"\n"], False)):
        with staged(output) as stage:
            stage.write_parts("folder/rows.jsonl", iter(parts))
            assert stage.files == {"folder/rows.jsonl": 8}
            assert bool(stage.changed) is changed
            publish(stage, Manifest(dict(stage.files)))
        assert (output / "folder/rows.jsonl").read_bytes() == b"one\ntwo\n"
    with staged(output) as stage:
        stage.write_parts("folder/rows.jsonl", [b"one\nTwo\n"])
        assert stage.changed == {"folder/rows.jsonl"}


def test_of_a_file_written_in_parts_one_is_in_memory_at_a_time(tmp_path: Path) -> None:
    part = bytes(10**6)
    with staged(tmp_path / "site") as stage:
        tracemalloc.start()
        stage.write_parts("rows.jsonl", (part + bytes([at]) for at in range(30)))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 5e6
