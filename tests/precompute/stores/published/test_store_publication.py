"""What is published: how many objects, which, and what happens when it is stopped."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zarr
from sample_whole_atlas import WEIGHTS, write_whole_atlas

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.rendering.recipes import canvas_side
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.published.store_publication import publish_store
from diamond_cutter.precompute.stores.store_address import array

SLOWLY = (
    "import sys; from diamond_cutter.precompute.stores.published import store_publication; "
    "store_publication._MOST = 3; from diamond_cutter.command.main import main; main(sys.argv[1:])"
)
"""`diamond`, with at most three objects in a lot."""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_million_channels_are_fewer_than_50000_objects(tmp_path: Path) -> None:
    """All of Lite0's cuts, with the pictures' true sides, and everything that a layer can have."""
    entry = next(each for each in catalogue.listing() if each.model.name == "efficientnet-lite0")
    cuts = [layer for layer in entry.layers if layer.is_cut]
    sides = {layer.name: canvas_side(layer.receptive_field) for layer in cuts}
    write_whole_atlas(str(tmp_path / "atlas.zarr"), entry.model, cuts, sides)
    source = zarr.open_group(str(tmp_path / "atlas.zarr"), mode="r")
    publish_store(source, str(tmp_path / "published"), "")
    objects = len(contents(tmp_path / "published"))
    channels = sum(layer.channels for layer in cuts)
    assert channels == 3120
    assert objects / channels * 1_000_000 < 50_000


def test_the_manifest_tells_of_every_object_and_how_it_was_made(published: Path) -> None:
    found = contents(published)
    manifest = json.loads(found.pop("manifest.json"))
    assert set(manifest["objects"]) == set(found)
    for path, content in found.items():
        described = manifest["objects"][path]
        assert described["size"] == len(content)
        assert described["sha256"] == hashlib.sha256(content).hexdigest()
        starts = range(0, len(content), 1 << 20) if len(content) > 1 << 20 else []
        blocks = [hashlib.sha256(content[at : at + (1 << 20)]).hexdigest() for at in starts]
        assert described["blocks"] == blocks
    assert sum(len(each["blocks"]) > 1 for each in manifest["objects"].values()) == 1
    assert (manifest["kind"], manifest["format_version"]) == ("published-atlas", 1)
    assert manifest["licence"] == "CC-BY-4.0"
    assert manifest["made_by"]["zarr"] == zarr.__version__
    assert manifest["models"] == {
        "small-net": {
            "weights": WEIGHTS,
            "licence": "MIT",
            "recipes": {"preview": 6},
            "seed": 3,
            "layers": 4,
            "channels": 384,
        }
    }


def test_an_atlas_of_several_models_is_read_as_one(tmp_path: Path) -> None:
    layers = [Layer("one", 0, 16, 2, 3, True), Layer("two", 1, 9, 2, 3, True)]
    for name in ("b-net", "a-net", "a-net-2"):
        model = Model(name, "random", "Tiny", 64, 1_000, 0.1, 2)
        write_whole_atlas(str(tmp_path / "atlas.zarr"), model, layers, {"one": 8, "two": 8})
    source = zarr.open_group(str(tmp_path / "atlas.zarr"), mode="r")
    publish_store(source, str(tmp_path / "published"), "")
    found = zarr.open_group(str(tmp_path / "published"), mode="r")
    groups = {path for path, each in found.members(max_depth=None) if isinstance(each, zarr.Group)}
    names = ("a-net", "a-net-2", "b-net")
    assert groups == {*names, *(f"{name}/{layer.name}" for name in names for layer in layers)}
    np.testing.assert_array_equal(
        array(found, "a-net-2/two/images")[:], array(source, "a-net-2/two/images")[:]
    )


def test_nothing_that_is_there_is_sent_again(whole_atlas: str, tmp_path: Path) -> None:
    target = tmp_path / "published"
    shutil.copytree(whole_atlas, tmp_path / "atlas.zarr")
    atlas = zarr.open_group(str(tmp_path / "atlas.zarr"), mode="r+")
    first = publish_store(atlas, str(target), "")
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    again = publish_store(atlas, str(target), "")
    assert (again.sent, again.sent_bytes) == (0, 0)
    assert first.sent == len(first.manifest.objects)
    assert before == {path: path.stat().st_mtime_ns for path in target.rglob("*")}

    array(atlas, "small-net/stem/score")[3] = 99
    changed = publish_store(atlas, str(target), "")
    assert changed.sent == 2  # the scores of all layers, and the root's metadata, which went first
    assert float(zarr.open_group(str(target), mode="r")["small-net/score"][3]) == 99

    licensed = publish_store(atlas, str(target), "CC0")
    assert licensed.sent == 0
    assert json.loads((target / "manifest.json").read_text())["licence"] == "CC0"

    del atlas["small-net/stem_expand"]
    publish_store(atlas, str(target), "CC0")
    assert not list((target / "small-net" / "stem_expand").rglob("*.json"))
    publish_store(atlas, str(tmp_path / "fresh"), "CC0")
    assert contents(target) == contents(tmp_path / "fresh")


@pytest.mark.parametrize("objects", [1, 7, 30])
def test_a_kill_leaves_nothing_that_is_read_as_whole(
    whole_atlas: str, published: Path, tmp_path: Path, objects: int
) -> None:
    target = tmp_path / "published"
    command = [sys.executable, "-c", SLOWLY, "publish", str(target), "--store", whole_atlas]
    process = subprocess.Popen(command, start_new_session=True)
    while len(list(target.glob(".publishing/*.json"))) <= objects // 3 and process.poll() is None:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (target / "manifest.json").exists()
    with pytest.raises(FileNotFoundError):
        zarr.open_group(str(target), mode="r")
    sent = [path for path in contents(target) if not path.startswith(".publishing")]
    source = zarr.open_group(whole_atlas, mode="r")
    resumed = publish_store(source, str(target), "CC-BY-4.0")
    assert resumed.sent <= len(resumed.manifest.objects) - max(len(sent) - 3, 0)
    assert contents(target) == contents(published)


def test_a_kill_while_it_is_renewed_leaves_no_whole_store(
    whole_atlas: str, published: Path, tmp_path: Path
) -> None:
    target = tmp_path / "published"
    shutil.copytree(published, target)
    shutil.copytree(whole_atlas, tmp_path / "atlas.zarr")
    atlas = zarr.open_group(str(tmp_path / "atlas.zarr"), mode="r+")
    for name in ("images", "score", "flag", "natural/mean", "natural/best", "evidence/crops"):
        for layer in ("stem", "stem_expand", "block1", "head"):
            array(atlas, f"small-net/{layer}/{name}")[:] = 1
    store = str(tmp_path / "atlas.zarr")
    command = [sys.executable, "-c", SLOWLY, "publish", str(target), "--store", store]
    process = subprocess.Popen(command, start_new_session=True)
    while len(list(target.glob(".publishing/*.json"))) < 2 and process.poll() is None:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (target / "manifest.json").exists()
    assert not (target / "zarr.json").exists()
    publish_store(atlas, str(target), "")
    publish_store(atlas, str(tmp_path / "fresh"), "")
    assert contents(target) == contents(tmp_path / "fresh")


def test_what_was_damaged_since_is_sent_again(
    whole_atlas: str, published: Path, tmp_path: Path
) -> None:
    """What is there is told by its size: what was cut off, or is gone, is no longer."""
    target = tmp_path / "published"
    shutil.copytree(published, target)
    (target / "small-net" / "head" / "images" / "zarr.json").unlink()
    shard = next(
        path for path in (target / "small-net/block1/images/c").rglob("0") if path.is_file()
    )
    shard.write_bytes(shard.read_bytes()[:1000])
    source = zarr.open_group(whole_atlas, mode="r")
    assert publish_store(source, str(target), "CC-BY-4.0").sent == 3  # the root's metadata, too
    assert contents(target) == contents(published)


def test_a_study_is_published_as_it_is(small_study: str, tmp_path: Path) -> None:
    target = tmp_path / "study"
    assert main(["publish", str(target), "--store", small_study]) == 0
    found = zarr.open_group(str(target), mode="r")
    stored = zarr.open_group(small_study, mode="r")
    members = dict(stored.members(max_depth=None))
    assert dict(found.members(max_depth=None)).keys() == members.keys()
    for path, member in members.items():
        assert found[path].attrs.asdict() == member.attrs.asdict()
        if isinstance(member, zarr.Array):
            np.testing.assert_array_equal(np.asarray(found[path]), np.asarray(member))
    assert json.loads((target / "manifest.json").read_text())["kind"] == "study"


def test_what_cannot_be_published_is_told_in_a_line(
    whole_atlas: str,
    published: Path,
    small_study: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    source = zarr.open_group(whole_atlas, mode="r")
    with pytest.raises(UserError, match=r"expected nothing yet .* got 'letter.txt'"):
        publish_store(source, str(tmp_path / "mine"), "")
    with pytest.raises(UserError, match="store of kind 'study', got one of kind 'published-atlas'"):
        publish_store(zarr.open_group(small_study, mode="r"), str(published), "")
    for arguments, told in (
        (["publish", str(tmp_path / "x"), "--store", str(tmp_path / "none")], "no store at"),
        (["publish", whole_atlas, "--store", whole_atlas], "expected another address"),
        (["publish", str(tmp_path / "x"), "--store", str(published)], "published-atlas"),
        (["publish", "nowhere://x/y", "--store", whole_atlas], "Protocol not known: nowhere"),
        (["publish", "/proc/1/x", "--store", whole_atlas], "can be written to"),
    ):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert told in error
        assert error.count("\n") == 1
