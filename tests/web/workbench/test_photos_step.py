"""The step photos: what is made of an archive that was dropped, friendly or hostile."""

import io
import os
import tarfile
import time
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

SCRIPT = "<script>alert(1)</script>"
CLASSES = {"cat": 4, "dog": 4, SCRIPT: 3}


def photo(seed: int) -> bytes:
    """A JPEG that is like no other."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    image = Image.fromarray(blocks).resize((64, 64), Image.Resampling.NEAREST)
    made = io.BytesIO()
    image.save(made, "JPEG")
    return made.getvalue()


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def photos() -> dict[str, bytes]:
    """A few photos of a class each; the first dog twice, one of them as a cat; and no photo."""
    numbers = iter(range(100))
    found = {
        f"{name.replace('/', '_')}/{number}.jpg": photo(next(numbers))
        for name, count in CLASSES.items()
        for number in range(count)
    }
    found["cat/as dog.jpg"] = found["dog/0.jpg"]
    found['dog/"><img src=x onerror=alert(2)>.jpg'] = b"no photo"
    return found


def drop(workbench: FlaskClient, content: bytes, name: str = "pets.zip") -> dict[str, Any]:
    """Send an archive, make it the photos of a study, and wait for the check."""
    asked = {"name": name, "size": len(content), "mark": ""}
    begun = workbench.post("/api/uploads", json=asked).json
    workbench.post(f"/api/uploads/{begun['id']}?at=0", data=content)
    workbench.post("/api/studies/pets/dataset", json={"upload": begun["id"]})
    return check(workbench)


def check(workbench: FlaskClient) -> dict[str, Any]:
    """As the page does: begin where nothing is known, and wait."""
    if workbench.get("/api/studies/pets/check").json["state"] == "none":
        workbench.post("/api/studies/pets/check")
    while (found := workbench.get("/api/studies/pets/check").json)["state"] == "running":
        time.sleep(0.2)
    return found


def page(workbench: FlaskClient) -> str:
    return workbench.get("/studies/pets/photos/").text


def test_what_was_dropped_is_shown_at_once(workbench: FlaskClient) -> None:
    assert drop(workbench, packed(photos()))["state"] == "done"
    text = page(workbench)
    assert "12 photos of 3 classes from 13 files" in text
    assert 'data-class="cat" data-called="cat" value="cat"' in text
    assert "5 photos" in text
    assert 'href="/studies/pets/models/" data-next' in text
    assert "The same picture in different classes" in text
    assert 'data-path="cat/as dog.jpg"' in text
    assert "Left out: 1 file" in text
    # whatever names say, they are text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(2)&gt;.jpg" in text
    assert 'data-class="&lt;script&gt;alert(1)&lt;_script&gt;"' in text
    thumbnail = text.split('<img src="')[1].split('"')[0]
    answer = workbench.get(thumbnail)
    assert answer.headers["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.data)).size == (96, 96)
    listed = workbench.get("/api/studies/pets/photos?class=dog").json
    assert [each["path"] for each in listed["photos"]] == [f"dog/{n}.jpg" for n in range(4)]
    assert workbench.get("/api/studies/pets/photos?class=dog&from=3").json["count"] == 4


def test_classes_are_renamed_and_merged_and_photos_left_out(workbench: FlaskClient) -> None:
    drop(workbench, packed(photos()))
    before = {path: path.read_bytes() for path in Path("data/workbench/uploads").rglob("*.zip")}
    changes = {
        "names": {"cat": "animal", "dog": "animal"},
        "out": ["cat/as dog.jpg"],
        "again": [],
        "seen": {"rename": None, "leave_out": None},
    }
    assert workbench.post("/api/studies/pets/classes", json=changes).json == {}
    settings = tomllib.loads(Path("diamond.toml").read_text())["study"]["pets"]
    assert settings["rename"] == {"cat": "animal", "dog": "animal"}
    assert settings["leave_out"] == ["cat/as dog.jpg"]
    assert check(workbench)["state"] == "done"
    text = page(workbench)
    assert "11 photos of 2 classes" in text
    assert 'data-class="dog" data-called="animal" value="animal"' in text
    assert 'data-again="cat/as dog.jpg"' in text
    assert "The same picture in different classes" not in text
    assert {path: path.read_bytes() for path in before} == before
    late = workbench.post("/api/studies/pets/classes", json=changes)
    assert late.status_code == 400  # another window has changed them
    assert "changed meanwhile" in late.json["error"]
    back = {
        "names": {"cat": "cat", "dog": "dog"},
        "out": [],
        "again": ["cat/as dog.jpg"],
        "seen": {key: settings[key] for key in ("rename", "leave_out")},
    }
    workbench.post("/api/studies/pets/classes", json=back)
    left = tomllib.loads(Path("diamond.toml").read_text())["study"]["pets"]
    assert left.keys() == {"dataset"}


def test_members_that_lead_out_of_an_archive_do_not(workbench: FlaskClient) -> None:
    hostile = photos() | {
        "../../../../escaped.jpg": photo(90),
        "/tmp/absolute.jpg": photo(91),  # noqa: S108
        "cat\\..\\..\\..\\escaped.jpg": photo(92),
    }
    root = Path.cwd().parent
    there = {path for path in root.rglob("*") if "escaped" in path.name}
    assert drop(workbench, packed(hostile))["state"] == "done"
    assert {path for path in root.rglob("*") if "escaped" in path.name} == there == set()
    assert not Path("/tmp/absolute.jpg").exists()  # noqa: S108
    text = page(workbench)
    assert "A path with &#34;..&#34;" in text
    assert "An absolute path" in text


def test_links_in_a_tar_lead_nowhere(workbench: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(photo(95))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in photos().items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("cat/link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.jpg")
        archive.addfile(link)
    assert drop(workbench, made.getvalue(), "pets.tar.gz")["state"] == "done"
    assert "12 photos of 3 classes" in page(workbench)


def test_an_archive_made_to_fill_disks_is_refused(workbench: FlaskClient) -> None:
    """A gigabyte of nothing in a megabyte: told, and nothing of it stays."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(2):
            with archive.open(f"cat/{number}.bmp", "w") as member:
                for _ in range(540):
                    member.write(bytes(1 << 20))
    content = made.getvalue()
    assert len(content) < 3 << 20
    assert drop(workbench, content)["state"] == "failed"
    text = page(workbench)
    assert "what is made to fill disks" in text
    assert "data-next" not in text
    cached = sum(path.stat().st_size for path in Path("data/cache").rglob("*") if path.is_file())
    assert cached < 1 << 20


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04" + bytes(100), os.urandom(5000), b"<html>", b"\0"]
)
def test_what_is_no_archive_is_told_of(workbench: FlaskClient, content: bytes) -> None:
    assert drop(workbench, content)["state"] == "failed"
    text = page(workbench)
    assert "expected a" in text
    assert "data-next" not in text
    assert "Other photos" in text


def test_a_folder_without_classes_says_what_to_do(workbench: FlaskClient) -> None:
    drop(workbench, packed({f"{number}.jpg": photo(number) for number in range(4)}))
    text = page(workbench)
    assert "No study can be made of it" in text
    assert "data-next" not in text


def test_a_folder_of_this_machine(workbench: FlaskClient, tmp_path: Path) -> None:
    for name, content in photos().items():
        file = Path("mine") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "outside").mkdir()
    address = "/api/studies/pets/dataset"
    for hostile in ("../outside", "/etc", "file:///etc", ""):
        answer = workbench.post(address, json={"dataset": hostile})
        assert answer.status_code == 400, hostile
    assert not Path("diamond.toml").exists()
    assert workbench.get("/api/places?path=..").status_code == 400
    assert "mine" in workbench.get(f"/api/places?path={Path.cwd()}").json["folders"]
    assert workbench.post(address, json={"dataset": "mine"}).json == {"dataset": "mine"}
    assert check(workbench)["state"] == "done"
    assert "12 photos of 3 classes" in page(workbench)


def test_photos_that_have_changed_are_looked_at_again(workbench: FlaskClient) -> None:
    drop(workbench, packed(photos()))
    Path("diamond.toml").write_text(
        Path("diamond.toml").read_text() + 'near_duplicates = "report"\n'
    )
    assert workbench.get("/api/studies/pets/check").json["state"] == "none"
    assert "data-begin" in page(workbench)  # looking at a page changes nothing
    assert workbench.get("/api/studies/pets/check").json["state"] == "none"
    assert check(workbench)["state"] == "done"
    for _ in range(2):  # the second finds it running
        assert workbench.post("/api/studies/pets/check").json == {}
    assert workbench.get("/api/studies/pets/check").json["state"] == "running"
    assert check(workbench)["state"] == "done"


def test_photos_of_several_classes_are_asked_for_at_once(workbench: FlaskClient) -> None:
    drop(workbench, packed(photos()))

    def count(number: int) -> int:
        client = workbench.application.test_client()
        name = ("cat", "dog")[number % 2]
        return client.get(f"/api/studies/pets/photos?class={name}").json["count"]

    with ThreadPoolExecutor(16) as windows:
        assert list(windows.map(count, range(64))) == [5, 4] * 32


@pytest.mark.parametrize(
    "name", ["..%2f..%2ftoken", "nothing.webp", ".hidden", "../lock", "%2e%2e/pets/log.txt", ""]
)
def test_only_thumbnails_are_served(workbench: FlaskClient, name: str) -> None:
    Path("data/workbench/checks/thumbnails").mkdir(parents=True)
    Path("data/workbench/checks/thumbnails/.hidden").write_text("x")
    assert workbench.get(f"/thumbnails/{name}").status_code == 404
