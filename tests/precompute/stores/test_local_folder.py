import errno
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.local_folder import check_folder, exclusive
from diamond_cutter.precompute.stores.store_address import Naming, local_folder

ATLAS = Naming("atlas", "atlas", "pictures", "store", "`diamond atlas` is rendering into it")
FEATURES = Naming("features", "features store", "features", "features", "study writes it")


def test_only_local_addresses_have_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_folder("data/atlas.zarr") == tmp_path / "data" / "atlas.zarr"
    assert local_folder(f"file://{tmp_path}/a") == tmp_path / "a"
    assert local_folder("s3://bucket/atlas.zarr") is None
    assert local_folder("memory://atlas.zarr") is None


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_folder(tmp_path / "new" / "atlas.zarr", ATLAS, 10)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"empty folder, got one that holds 'cat.jpg'"):
        check_folder(tmp_path, ATLAS, 10)
    with pytest.raises(UserError, match="expected a folder for the atlas, got a file"):
        check_folder(tmp_path / "cat.jpg", ATLAS, 10)


def test_a_folder_in_which_a_killed_run_left_but_a_scrap_is_taken(tmp_path: Path) -> None:
    (tmp_path / "zarr.0123.partial").write_bytes(b"")
    check_folder(tmp_path, ATLAS, 10)


def test_too_little_disk_is_told_in_megabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3_000_000))
    check_folder(tmp_path, ATLAS, 2_999_999)
    with pytest.raises(UserError, match=r"about 5 MB of free disk .*, got 3 MB"):
        check_folder(tmp_path, ATLAS, 5_000_000)


def test_a_folder_that_takes_no_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(UserError, match="can be written to, got: Permission denied"):
        check_folder(tmp_path / "atlas.zarr", ATLAS, 10)


def test_the_second_to_ask_for_the_lock_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    folder = tmp_path / "atlas.zarr"
    with (
        exclusive(folder, ATLAS),
        pytest.raises(UserError, match="another `diamond atlas` is rendering"),
        exclusive(folder, ATLAS),
    ):
        pass
    with exclusive(folder, ATLAS):
        assert list(folder.iterdir()) == []


@pytest.fixture
def unlockable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems can't lock."""
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("unlockable")
def test_two_runs_do_not_meet_in_a_folder_that_cannot_be_locked(tmp_path: Path) -> None:
    folder = tmp_path / "atlas.zarr"
    with exclusive(folder, ATLAS):
        (folder / "zarr.json.0123.partial").write_bytes(b"half")
        with (
            pytest.raises(UserError, match="another `diamond atlas` is rendering"),
            exclusive(folder, ATLAS),
        ):
            pass
        assert (folder / "zarr.json.0123.partial").read_bytes() == b"half"
    assert list(tmp_path.rglob("*")) == [folder]


@pytest.mark.usefixtures("unlockable")
def test_a_run_that_was_killed_does_not_keep_others_out(tmp_path: Path) -> None:
    script = (
        "import os, fcntl, sys\n"
        "from pathlib import Path\n"
        "from diamond_cutter.precompute.stores.folder_lock import lock_folder\n"
        "def refuse(*_):\n"
        "    raise OSError\n"
        "fcntl.flock = refuse\n"
        "with lock_folder(Path(sys.argv[1])):\n"
        "    os._exit(9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True)
    assert (killed.returncode, killed.stderr) == (9, b"")
    marker = tmp_path.with_name(f".{tmp_path.name}.lock")
    assert marker.exists()
    with exclusive(tmp_path, ATLAS):
        assert marker.exists()
    assert not marker.exists()


def test_leftovers_go_at_the_start_and_at_the_end(tmp_path: Path) -> None:
    scrap = tmp_path / "model" / "layer" / "0.1234.partial"
    scrap.parent.mkdir(parents=True)
    scrap.write_bytes(b"half")
    with exclusive(tmp_path, ATLAS):
        assert not scrap.exists()
        scrap.write_bytes(b"half")
    assert not scrap.exists()


def test_messages_name_the_store_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"expected a features store or .* name another --features"):
        check_folder(tmp_path, FEATURES, 10)
    with (
        exclusive(tmp_path, FEATURES),
        pytest.raises(UserError, match="another study writes it; wait for it or stop it"),
        exclusive(tmp_path, FEATURES),
    ):
        pass
