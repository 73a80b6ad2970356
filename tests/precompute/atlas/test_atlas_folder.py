import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.folder import check_folder, exclusive, local_folder


def test_only_local_addresses_have_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_folder("data/atlas.zarr") == tmp_path / "data" / "atlas.zarr"
    assert local_folder(f"file://{tmp_path}/a") == tmp_path / "a"
    assert local_folder("s3://bucket/atlas.zarr") is None
    assert local_folder("memory://atlas.zarr") is None


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_folder(tmp_path / "new" / "atlas.zarr", 10)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"empty folder, got one that holds 'cat.jpg'"):
        check_folder(tmp_path, 10)
    with pytest.raises(UserError, match="expected a folder for the atlas, got a file"):
        check_folder(tmp_path / "cat.jpg", 10)


def test_a_folder_in_which_a_killed_run_left_but_a_scrap_is_taken(tmp_path: Path) -> None:
    (tmp_path / "zarr.0123.partial").write_bytes(b"")
    check_folder(tmp_path, 10)


def test_too_little_disk_is_told_in_megabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3_000_000))
    check_folder(tmp_path, 2_999_999)
    with pytest.raises(UserError, match=r"about 5 MB of free disk .*, got 3 MB"):
        check_folder(tmp_path, 5_000_000)


def test_a_folder_that_takes_no_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(UserError, match="can be written to, got: Permission denied"):
        check_folder(tmp_path / "atlas.zarr", 10)


def test_the_second_to_ask_for_the_lock_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    folder = tmp_path / "atlas.zarr"
    with (
        exclusive(folder),
        pytest.raises(UserError, match="another `diamond atlas` is rendering"),
        exclusive(folder),
    ):
        pass
    with exclusive(folder):
        assert list(folder.iterdir()) == []


def test_leftovers_go_at_the_start_and_at_the_end(tmp_path: Path) -> None:
    scrap = tmp_path / "model" / "layer" / "0.1234.partial"
    scrap.parent.mkdir(parents=True)
    scrap.write_bytes(b"half")
    with exclusive(tmp_path):
        assert not scrap.exists()
        scrap.write_bytes(b"half")
    assert not scrap.exists()
