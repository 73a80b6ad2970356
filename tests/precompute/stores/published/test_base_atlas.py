"""What is taken from a published atlas into one's own, and what is wrong with it told."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr
from sample_host import Host, hosted
from sample_whole_atlas import PHOTOS, RECIPE, WEIGHTS

from diamond_cutter.command.main import main
from diamond_cutter.precompute.stores.atlas.activation_statistics import read_photo_pictures
from diamond_cutter.precompute.stores.atlas.atlas_layout import Level
from diamond_cutter.precompute.stores.atlas.atlas_writer import create_atlas
from diamond_cutter.precompute.stores.published import verified_objects
from diamond_cutter.precompute.stores.published.base_atlas import (
    Taken,
    open_bases,
    take_from_bases,
)
from diamond_cutter.precompute.stores.published.base_layer import Wish
from diamond_cutter.precompute.stores.published.store_publication import publish_store
from diamond_cutter.precompute.stores.store_address import array, subgroup

ALL = Wish("small-net", WEIGHTS)


@pytest.fixture
def host(published: Path) -> Iterator[Host]:
    with hosted(published) as found:
        yield found


@pytest.fixture
def atlas(tmp_path: Path) -> zarr.Group:
    return create_atlas(str(tmp_path / "mine.zarr"))


def take(address: str, atlas: zarr.Group, wish: Wish = ALL) -> Taken:
    found = open_bases([address])
    take_from_bases(found, atlas, [wish])
    return found[0]


def levels(atlas: zarr.Group, layer: str) -> list[int]:
    return np.asarray(array(atlas, f"small-net/{layer}/level")[:]).tolist()


def flipped(part: str, at: int = -1000) -> Callable[[str, bytes], bytes]:
    """What flips a bit of the objects whose path contains `part`."""

    def change(path: str, content: bytes) -> bytes:
        if part not in path:
            return content
        changed = bytearray(content)
        changed[at] ^= 4
        return bytes(changed)

    return change


@pytest.mark.parametrize("ranges", [True, False])
def test_all_that_a_base_holds_is_taken(
    host: Host, whole_atlas: str, atlas: zarr.Group, ranges: bool
) -> None:
    """With ranges and without: Python's own server gives no parts of files."""
    host.ranges = ranges
    taken = take(host.address, atlas)
    assert taken.problems == []
    assert taken.pictures == {"small-net": 380}  # of 384, one of each layer was never made
    stored = zarr.open_group(whole_atlas, mode="r")
    members = dict(stored.members(max_depth=None))
    found = dict(atlas.members(max_depth=None))
    assert found.keys() == members.keys()
    for path, member in members.items():
        assert found[path].attrs.asdict() == member.attrs.asdict(), path
        if isinstance(member, zarr.Array):
            np.testing.assert_array_equal(array(atlas, path)[...], member[...], err_msg=path)
    assert PHOTOS[:12] in read_photo_pictures(atlas)

    host.requests.clear()
    again = take(host.address, atlas)
    assert again.describe() == []
    assert len(host.requests) <= 5
    assert not [path for path, _, _ in host.requests if "images" in path]


def test_only_what_is_wanted_is_asked_for(host: Host, atlas: zarr.Group) -> None:
    wish = Wish("small-net", WEIGHTS, {"block1": [3, 290]}, Level.PREVIEW)
    taken = take(host.address, atlas, wish)
    assert taken.pictures == {"small-net": 2}
    assert np.flatnonzero(levels(atlas, "block1")).tolist() == [3, 290]
    assert {name for name, _ in subgroup(atlas, "small-net").groups()} == {"block1"}
    asked = [path for path, _, _ in host.requests if "images" in path]
    assert len(asked) == 2  # the end of the shard, with its index, and its beginning
    assert {path.split("/")[1] for path in asked} == {"block1"}


def test_what_is_there_stays(host: Host, whole_atlas: str, tmp_path: Path) -> None:
    shutil.copytree(whole_atlas, tmp_path / "mine.zarr")
    atlas = zarr.open_group(str(tmp_path / "mine.zarr"), mode="r+")
    array(atlas, "small-net/head/images")[:] = 7
    array(atlas, "small-net/head/level")[4:8] = 0
    assert take(host.address, atlas).pictures == {"small-net": 4}
    images = np.asarray(array(atlas, "small-net/head/images")[:])
    assert [bool((image == 7).all()) for image in images] == [n < 4 or n > 7 for n in range(20)]


def test_a_flipped_byte_is_told_and_the_rest_taken(host: Host, atlas: zarr.Group) -> None:
    host.changed = flipped("block1/images/c/")
    taken = take(host.address, atlas)
    (told,) = taken.describe()[1:]
    assert told == (
        f"base {host.address}: small-net/block1/images/c/0/0/0/0 is damaged, its bytes are not "
        "those of its digest; going on without what it lacks"
    )
    assert not any(levels(atlas, "block1"))
    assert sum(levels(atlas, "head")) == 19
    host.changed = lambda _path, content: content
    assert take(host.address, atlas).pictures == {"small-net": 299}


@pytest.mark.parametrize(
    "path", ["manifest.json", "small-net/layer_records/c/0", "zarr.json", "natural_mean"]
)
def test_what_is_damaged_anywhere_is_not_taken(host: Host, atlas: zarr.Group, path: str) -> None:
    host.changed = flipped(path, 40)
    taken = take(host.address, atlas)
    assert taken.problems
    assert all("damaged" in each or "expected" in each for each in taken.problems)


@pytest.mark.parametrize("cut", [0, 1, 900, 5000])
def test_what_is_cut_off_is_damaged(host: Host, atlas: zarr.Group, cut: int) -> None:
    host.changed = lambda path, content: content[:cut] if "images/c" in path else content
    taken = take(host.address, atlas)
    assert len(taken.problems) == 4
    assert all("damaged" in each for each in taken.problems)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "got no manifest.json there"),
        (403, "got HTTP status 403"),
        (500, "got HTTP status 500"),
        (503, "got HTTP status 503"),
    ],
)
def test_a_host_that_refuses_is_told_in_a_line(
    host: Host, atlas: zarr.Group, status: int, told: str
) -> None:
    host.status = status
    (line,) = take(host.address, atlas).describe()
    assert told in line
    assert line.endswith("; going on without what it lacks")


def test_a_host_that_is_away_is_told_in_a_line(published: Path, atlas: zarr.Group) -> None:
    with hosted(published) as gone:
        pass
    (line,) = take(gone.address, atlas).describe()
    assert line.startswith(f"base {gone.address}: expected an answer, got ClientConnectorError")
    for address in ("nowhere://x/atlas.zarr", "s3://", "/nowhere/atlas.zarr", ""):
        (line,) = take(address, atlas).describe()
        assert line.count("\n") == 0


@pytest.mark.parametrize("stalls", ["", "block1/images/c"])
def test_a_host_that_stalls_is_left(
    host: Host, atlas: zarr.Group, stalls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified_objects, "PATIENCE", 0.5)
    host.stalls = stalls
    taken = take(host.address, atlas)
    assert taken.problems == [
        "expected an answer that goes on, got none for 0.5 s, or a very slow one"
    ]
    assert sum(path == "manifest.json" for path, _, _ in host.requests) == 1
    if stalls:
        assert sum(levels(atlas, "stem")) == 23  # what came before stays


def test_a_host_that_is_too_slow_is_left(
    host: Host, atlas: zarr.Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never is silent for long, and never comes to an end."""
    monkeypatch.setattr(verified_objects, "_MANIFEST", 1.0)
    host.drips = True
    (told,) = take(host.address, atlas).problems
    assert "a very slow one" in told


def test_a_published_atlas_is_no_store(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "--store", str(published)]) == 2
    assert "name it as base in [atlas], or --base" in capsys.readouterr().err


def test_other_weights_are_not_taken(host: Host, atlas: zarr.Group) -> None:
    taken = take(host.address, atlas, Wish("small-net", "aa" * 32))
    assert taken.problems == ["its small-net is of other weights"]
    assert "small-net" not in atlas


def test_pictures_of_another_recipe_are_not_taken(host: Host, atlas: zarr.Group) -> None:
    newer = {"preview": {**RECIPE, "version": 7}}
    (line,) = take(host.address, atlas, Wish("small-net", WEIGHTS, recipes=newer)).describe()
    assert "its small-net/stem was made by version 6 of recipe 'preview'" in line
    assert "(and 3 more)" in line
    other = {"preview": {**RECIPE, "phases": []}}
    (line,) = take(host.address, atlas, Wish("small-net", WEIGHTS, recipes=other)).describe()
    assert "made by other parameters of recipe 'preview'" in line
    same = Wish("small-net", WEIGHTS, recipes={"preview": RECIPE})
    assert take(host.address, atlas, same).pictures == {"small-net": 380}


def test_another_format_is_told(published: Path, small_study: str, tmp_path: Path) -> None:
    shutil.copytree(published, tmp_path / "newer")
    manifest = json.loads((tmp_path / "newer" / "manifest.json").read_text())
    manifest.update(format_version=2, more="than this version knows")
    (tmp_path / "newer" / "manifest.json").write_text(json.dumps(manifest))
    publish_store(zarr.open_group(small_study, mode="r"), str(tmp_path / "study"), "")
    newer, study = open_bases([str(tmp_path / "newer"), str(tmp_path / "study")])
    assert (
        "kind 'published-atlas' and format_version 1, got kind 'published-atlas', "
        in (newer.problems[0])
    )
    assert newer.problems[0].endswith("format_version 2")
    assert "got kind 'study'" in study.problems[0]


def test_what_is_sent_but_not_whole_is_no_base(
    published: Path, atlas: zarr.Group, tmp_path: Path
) -> None:
    shutil.copytree(published, tmp_path / "half")
    (tmp_path / "half" / "manifest.json").unlink()
    (line,) = take(str(tmp_path / "half"), atlas).describe()
    assert "got no manifest.json there (none, or one that is being sent)" in line


def test_words_and_evidence_are_taken_only_with_what_they_are_of(
    host: Host, whole_atlas: str, tmp_path: Path
) -> None:
    """Where natural statistics are of other photos, or pictures of other levels, they are not."""
    shutil.copytree(whole_atlas, tmp_path / "mine.zarr")
    atlas = zarr.open_group(str(tmp_path / "mine.zarr"), mode="r+")
    for name in ("stem", "head"):
        del subgroup(atlas, f"small-net/{name}")["words"]
        del subgroup(atlas, f"small-net/{name}")["evidence"]
    subgroup(atlas, "small-net/stem/natural").attrs["digest"] = "00" * 32
    array(atlas, "small-net/head/level")[3] = 2
    assert take(host.address, atlas).problems == []
    found = {path for path, _ in subgroup(atlas, "small-net").members(max_depth=None)}
    assert {"head/words/labels/word", "head/natural/mean"} <= found
    assert not {"stem/words", "stem/evidence", "head/evidence"} & found


def test_a_kill_while_it_takes_leaves_what_a_second_run_completes(
    published: Path, whole_atlas: str, tmp_path: Path
) -> None:
    store = tmp_path / "mine.zarr"
    command = [sys.executable, "-c", "from diamond_cutter.command.main import main; main()"]
    options = ["site", "--base", str(published), "--store", str(store)]
    (tmp_path / "diamond.toml").write_text('[atlas]\nmodels = ["small-net"]\n')
    process = subprocess.Popen([*command, *options], cwd=tmp_path, start_new_session=True)
    seen = store / "small-net" / "block1" / "images" / "c"
    while not seen.exists() and process.poll() is None:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    atlas = zarr.open_group(str(store), mode="r+")
    assert take(str(published), atlas).problems == []
    stored = zarr.open_group(whole_atlas, mode="r")
    for name in ("stem", "stem_expand", "block1", "head"):
        for path in ("images", "level", "natural/mean", "evidence/picture"):
            expected = array(stored, f"small-net/{name}/{path}")[:]
            np.testing.assert_array_equal(array(atlas, f"small-net/{name}/{path}")[:], expected)


def test_a_site_shows_what_a_base_holds(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = f'[atlas]\nbase = "{host.address}"\n'
    (tmp_path / "diamond.toml").write_text(settings)
    assert main(["site"]) == 2  # it holds nothing of Lite0, and there is nothing else to show
    told = capsys.readouterr().err
    assert f"base {host.address} also holds small-net; name what is to be shown" in told
    assert not (tmp_path / "data").exists()
    (tmp_path / "diamond.toml").write_text(f'{settings}models = ["small-net"]\n')
    assert main(["site"]) == 0
    assert f"base {host.address}: pictures taken, 380 of small-net" in capsys.readouterr().err
    assert (tmp_path / "site/models/small-net/block1/index.html").is_file()
    first = hashlib.sha256((tmp_path / "site/index.html").read_bytes()).hexdigest()
    host.status = 500
    assert main(["site"]) == 0
    told = capsys.readouterr()
    assert f"base {host.address}: expected an answer, got HTTP status 500; going on" in told.err
    assert "0 files are new or changed" in told.out
    assert hashlib.sha256((tmp_path / "site/index.html").read_bytes()).hexdigest() == first
