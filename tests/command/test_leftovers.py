"""What a failed write leaves is removed, and what can't be removed is no error."""

from pathlib import Path

from diamond_cutter.command.leftovers import discard


def test_files_and_folders_go_and_what_is_refused_stays(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("half of it")
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "variables").write_text("half of it")
    discard(file / "below")  # the system refuses to look there
    assert file.is_file()
    for path in (file, folder, tmp_path / "never there"):
        discard(path)
    assert list(tmp_path.iterdir()) == []
