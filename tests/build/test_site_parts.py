"""Layers as parts of a site: each with a manifest of its own, kept where nothing has changed."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zarr

from diamond_cutter.build import layer_builder, whole_site
from diamond_cutter.build.publish.site_manifest import NAME, STORED
from diamond_cutter.build.whole_site import Built, build_site
from diamond_cutter.precompute.stores import stored_files

MODEL = "models/tiny-net"
Build = Callable[[], Built]


@pytest.fixture
def atlas(tmp_path: Path, small_atlas: str) -> str:
    shutil.copytree(small_atlas, tmp_path / "atlas.zarr")
    return str(tmp_path / "atlas.zarr")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out" / "site"


@pytest.fixture
def build(atlas: str, output: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Builds the site of a copy of the small atlas, in a time of which each moment is told."""
    monkeypatch.setattr(stored_files, "SETTLED", 0.0)
    return lambda: build_site(atlas, [], output, "", lambda *_: None)


def contents(site: Path) -> dict[str, bytes]:
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and path.name != STORED
    }


def refuse(*_: object) -> None:
    raise AssertionError("not to be done again")


def test_pictures_are_read_again_only_where_the_store_has_changed(
    build: Build, atlas: str, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build()
    before = contents(output)
    zarr.open_array(f"{atlas}/tiny-net/block1/score")[290] = 99
    with monkeypatch.context() as patched:
        for read in ("digest", "write_pictures"):
            patched.setattr(layer_builder.channel_pictures, read, refuse)
        assert build().changed > 0
    assert contents(output).keys() == before.keys()
    before = contents(output)
    images = zarr.open_array(f"{atlas}/tiny-net/block1/images")
    images[290] = 255 - images[290]
    assert build().changed == 3
    after = contents(output)
    assert {path for path in after if before[path] != after[path] and NAME not in path} == {
        f"{MODEL}/block1/{name}" for name in ("sheet-1.jpg", "row-9.jpg", "290/channel.jpg")
    }


def test_nothing_is_read_where_all_stores_lie_as_they_did(
    build: Build, atlas: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build()
    with monkeypatch.context() as patched:
        patched.setattr(whole_site, "read_atlas", refuse)
        assert build() == replace(first, changed=0)
    zarr.open_array(f"{atlas}/tiny-net/block1/score")[290] = 99
    assert build().changed > 0
    with monkeypatch.context() as patched:
        patched.setattr(stored_files, "SETTLED", 1e6)  # it may be written to at this moment
        patched.setattr(whole_site, "read_atlas", refuse)
        with pytest.raises(AssertionError, match="not to be done again"):
            build()


def test_a_copy_of_the_store_makes_no_other_site(build: Build, atlas: str, output: Path) -> None:
    build()
    before, stored = contents(output), (output / STORED).read_bytes()
    shutil.move(atlas, f"{atlas}.old")
    shutil.copytree(f"{atlas}.old", atlas)
    assert build().changed == 0
    assert contents(output) == before
    assert (output / STORED).read_bytes() != stored


def test_a_layer_that_has_not_changed_is_taken_over_whole(
    build: Build, atlas: str, output: Path
) -> None:
    build()
    times = {path: path.stat().st_mtime_ns for path in (output / MODEL / "stem").rglob("*.html")}
    mine = output / MODEL / "block1" / "290" / "mine.txt"
    mine.write_text("mine")
    zarr.open_array(f"{atlas}/tiny-net/block1/score")[290] = 99
    assert build().changed > 0
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert mine.read_text() == "mine"
    fresh = output.with_name("fresh")
    build_site(atlas, [], fresh, "", lambda *_: None)
    mine.unlink()
    assert contents(output) == contents(fresh)


def test_a_page_of_a_layer_that_somebody_took_away_is_written_again(
    build: Build, output: Path
) -> None:
    build()
    before = contents(output)
    (output / MODEL / "stem" / "5" / "index.html").unlink()
    assert build().changed == 1
    assert contents(output) == before


def test_a_site_whose_manifest_names_all_files_is_built_upon(build: Build, output: Path) -> None:
    build()
    expected = contents(output)
    manifest = json.loads((output / NAME).read_bytes())
    for part in manifest.pop("parts"):
        path = output / part / NAME
        own = json.loads(path.read_bytes())
        path.unlink()
        for key in ("files", "pictures", "pages"):
            manifest[key] |= own[key]
    (output / NAME).write_text(json.dumps(manifest))
    (output / STORED).unlink()
    build()
    assert contents(output) == expected
