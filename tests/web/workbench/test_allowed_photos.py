"""Which photos may be named in the browser."""

from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.photos import allowed_photos
from diamond_cutter.web.workbench.photos.allowed_photos import AllowedPhotos


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A project with photos, an allowed folder beside it, and one that is not allowed."""
    for path in ("project/photos/cat", "allowed/dogs", "secret/photos", "allowed/.hidden"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "allowed/dogs/1.jpg").write_bytes(b"x")
    (tmp_path / "allowed/set.tar.gz").write_bytes(b"x")
    (tmp_path / "allowed/way").symlink_to(tmp_path / "secret")
    return tmp_path


def allowed(folders: Path) -> AllowedPhotos:
    return AllowedPhotos((folders / "project", folders / "allowed"))


def test_paths_are_kept_as_the_project_sees_them(folders: Path) -> None:
    photos, project = allowed(folders), folders / "project"
    assert photos.check("photos", project) == "photos"
    assert photos.check("photos/cat/../", project) == "photos"
    assert photos.check(str(project / "photos"), project) == "photos"
    assert photos.check("../allowed/dogs", project) == str(folders / "allowed/dogs")
    assert photos.check(str(folders / "allowed/set.tar.gz"), project).endswith("allowed/set.tar.gz")


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "../secret/photos",
        "../allowed/way",
        "../allowed/way/photos",
        "../allowed/../secret",
        "/etc",
        "/",
        "..",
        "nothing",
        "photos\0",
        "~nobody-of-that-name/x",
        "x" * 5000,
    ],
)
def test_no_other_folder_is_let_in(folders: Path, path: str) -> None:
    for act in (allowed(folders).check, allowed(folders).place):
        with pytest.raises(UserError, match="add its folder to roots"):
            act(path, folders / "project")


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a.zip", "http://127.0.0.1:80/x", "s3://bucket/photos", "gs://b/c d"],
)
def test_addresses(folders: Path, address: str) -> None:
    photos = allowed(folders)
    if " " in address:
        with pytest.raises(UserError):
            photos.check(address, folders)
    else:
        assert photos.check(address, folders) == address


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc",
        "local:///etc",
        "zip://a::file:///etc/x.zip",
        "https://h/a.zip::file:///etc",
        "simplecache::https://h/a.zip",
        "https://h::file://x",
        "reference://x",
        "FILE:///etc",
        "memory://x",
    ],
)
def test_no_address_means_a_file_of_this_machine(folders: Path, address: str) -> None:
    with pytest.raises(UserError, match="expected an address with http"):
        allowed(folders).check(address, folders / "project")


def test_a_folder_is_looked_through(folders: Path) -> None:
    photos, project = allowed(folders), folders / "project"
    first = photos.place("", project)
    assert (first.path, first.above, first.folders) == (str(project), None, ("photos",))
    there = photos.place("../allowed", project)
    assert there.folders == ("dogs", "way")
    assert (there.archives, there.photos, there.above) == (("set.tar.gz",), 0, None)
    inside = photos.place("../allowed/dogs", project)
    assert (inside.above, inside.photos) == (str(folders / "allowed"), 1)


def test_of_a_large_folder_the_first_are_listed(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowed_photos, "MOST_ENTRIES", 2)
    for name in "abcde":
        (folders / "project" / name).mkdir()
    place = allowed(folders).place("", folders / "project")
    assert (len(place.folders), place.more) == (2, 4)
