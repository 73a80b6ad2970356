"""`diamond check-data`: the report as lines and as JSON, and how it ends."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.command.main import main


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(8)
    for number in range(8):
        file = tmp_path / "photos" / ("dog" if number % 2 else "cat") / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        noise = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
        noise.resize((40, 30), Image.Resampling.BICUBIC).save(file)
    (tmp_path / "photos" / "cat" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return tmp_path / "photos"


def test_json_says_what_became_of_every_file(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-data", str(photos), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["classes"] == {"cat": 4, "dog": 4}
    assert [file["path"] for file in document["files"]] == sorted(
        path.relative_to(photos).as_posix() for path in photos.rglob("*.*")
    )
    assert {file["outcome"] for file in document["files"]} == {"accept", "reject"}
    assert document["files"][4]["path"] == "cat/broken.jpg"
    assert document["files"][4]["reason"].startswith("Damaged or cut off")
    assert document["files"][0] == {
        "path": "cat/0.png",
        "outcome": "accept",
        "reason": "",
        "label": "cat",
        "split": "",
        "width": 40,
        "height": 30,
        "digest": document["files"][0]["digest"],
        "fold": "",
        "original": "",
    }
    assert document["left_out"] == [{"reason": document["files"][4]["reason"], "files": 1}]
    assert (photos.parent / "data" / "cache").is_dir()


def test_lines_for_people(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-data", "photos", "--cache", "kept"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("photos: 8 photos of 2 classes, in 9 files\n")
    assert "  cat       4  too few to be judged\n" in captured.out
    assert "  cat/broken.jpg: Damaged or cut off" in captured.out
    assert captured.out.endswith("A study can be made of it.\n")
    assert "reading photos: 9 of 9 files" in captured.err
    assert (photos.parent / "kept").is_dir()
    assert not (photos.parent / "data").exists()


@pytest.mark.parametrize("json_asked", [True, False])
def test_an_unusable_dataset_is_reported_and_then_an_error(
    photos: Path, json_asked: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (photos / "dog").iterdir():
        file.unlink()
    assert main(["check-data", str(photos), *["--json"][: int(json_asked)]]) == 2
    captured = capsys.readouterr()
    last = captured.err.splitlines()[-1]
    assert last.startswith(f"diamond: {photos}: expected photos of two classes or more, got 4")
    if json_asked:
        assert json.loads(captured.out)["problem"] in last
    else:
        assert "cat/broken.jpg" in captured.out
        assert "A study can be made" not in captured.out


def test_an_address_with_nothing_there(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-data", str(photos / "none")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "got nothing there" in captured.err


def test_a_study_is_read_as_its_table_says(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos.parent / "diamond.toml").write_text(
        '[study.pets]\ndataset = "photos"\nleave_out = ["cat/0.png"]\nrename = {"dog" = "a, b"}\n'
        'cache = "kept"\n'
    )
    assert main(["check-data", "--for", "pets", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["classes"] == {"a, b": 4, "cat": 3}
    assert document["files"][-1]["original"] == "dog"
    assert (photos.parent / "kept" / "photos.sqlite").is_file()
    assert main(["check-data", "--for", "pets", "--json", "--rename", '"dog=x, y",cat=z']) == 0
    assert set(json.loads(capsys.readouterr().out)["classes"]) == {"x, y", "z"}
    for arguments in (["photos", "--for", "pets"], []):
        assert main(["check-data", *arguments]) == 2
        assert "expected PATH or --for STUDY, got" in capsys.readouterr().err


def test_thumbnails_are_named_by_content_and_written_once(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["check-data", "photos", "--json", "--thumbnails", "small"]
    assert main(given) == 0
    taken = [
        file for file in json.loads(capsys.readouterr().out)["files"] if file["outcome"] == "accept"
    ]
    small = photos.parent / "small"
    assert {file.name for file in small.iterdir()} == {f"{file['digest']}.webp" for file in taken}
    first = small / f"{taken[0]['digest']}.webp"
    with Image.open(first) as shown, Image.open(photos / taken[0]["path"]) as photo:
        assert shown.size == (96, 96)
        wide = photo.convert("RGB").crop((5, 0, 35, 30)).resize((96, 96), Image.Resampling.BICUBIC)
        off = np.asarray(shown.convert("RGB"), float) - np.asarray(wide, float)
        assert np.abs(off).mean() < 8
    first.write_bytes(b"there")
    assert main(given) == 0
    assert first.read_bytes() == b"there"
    (photos.parent / "file").touch()
    assert main([*given[:-1], "file"]) == 2
    assert "file: expected a folder that can be written to" in capsys.readouterr().err
